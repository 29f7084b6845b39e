using System.Globalization;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Database;

/// <summary>The tables, as an ordered list of migrations; a file of any earlier version is brought to the latest at open.</summary>
/// <remarks>
/// A landed migration is never edited: the next one changes what it made. Times are microseconds since 1970-01-01T00:00:00Z.
/// Keys are BLOBs: SQLite then orders them by their bytes, and a bound may be bytes that are not UTF-8.
/// </remarks>
internal static class MetadataSchema
{
    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE buckets (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL
        );
        CREATE TABLE objects (
            id INTEGER PRIMARY KEY,
            bucket_id INTEGER NOT NULL REFERENCES buckets (id),
            key BLOB NOT NULL,
            generation INTEGER NOT NULL,
            body_id TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            digest_list_sha256 BLOB NOT NULL,
            said BLOB NOT NULL,
            updated INTEGER NOT NULL,
            UNIQUE (bucket_id, key)
        );
        CREATE INDEX objects_by_body ON objects (body_id);
        CREATE TABLE sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO sequences (name, value) VALUES ('generation', 0);
        """,
        """
        CREATE TABLE log (
            sequence INTEGER PRIMARY KEY,
            epoch INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            payload BLOB NOT NULL,
            committed INTEGER NOT NULL
        );
        CREATE INDEX log_by_kind ON log (kind, sequence);
        INSERT INTO sequences (name, value) VALUES ('log_floor', 0);
        """,
    ];

    /// <summary>The version that this program makes.</summary>
    internal static int Latest => Migrations.Length;

    /// <summary>The version of a file's tables; 0 where there are none yet.</summary>
    internal static int VersionOf(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT coalesce(max(version), 0) FROM schema_version;";
        return Convert.ToInt32(query.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Brings a file to the latest version, in one transaction.</summary>
    /// <exception cref="DataDirectoryException">The file is of a later version than this program knows.</exception>
    internal static void Migrate(SqliteConnection connection, string file)
    {
        Execute(connection, "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL);");
        var version = VersionOf(connection);
        if (version > Latest)
        {
            Execute(connection, "ROLLBACK;");
            throw new DataDirectoryException($"'{file}' has schema version {version}; this program knows up to {Latest}: use a later one");
        }

        for (; version < Migrations.Length; version++)
        {
            Execute(connection, Migrations[version]);
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO schema_version (version) VALUES ({version + 1});"));
        }

        Execute(connection, "COMMIT;");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
