using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Database;

/// <summary>One SQL statement, prepared once for a connection and run with positional values.</summary>
/// <remarks>Its parameters are <c>$1</c>, <c>$2</c>, ... Not thread-safe: a connection has one user at a time.</remarks>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    /// <summary>Names the statement; it is compiled when first run.</summary>
    internal Statement(SqliteConnection connection, string sql, int parameters)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            _command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        }
    }

    /// <summary>Runs it for its effect.</summary>
    /// <returns>How many rows it changed.</returns>
    internal int Execute(params ReadOnlySpan<object> values) => Bind(values).ExecuteNonQuery();

    /// <summary>Runs it for its rows. The caller disposes of the reader before the statement is run again.</summary>
    internal SqliteDataReader Query(params ReadOnlySpan<object> values) => Bind(values).ExecuteReader();

    /// <summary>Runs it for its first column.</summary>
    /// <returns>Null where there is no row.</returns>
    internal long? Number(params ReadOnlySpan<object> values) => (long?)Bind(values).ExecuteScalar();

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();

    private SqliteCommand Bind(ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i];
        }

        return _command;
    }
}
