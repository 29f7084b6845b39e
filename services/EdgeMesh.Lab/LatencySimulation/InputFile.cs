using System.IO.Compression;
using System.Text;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Reads a text file, gzip or not, up to a limit.</summary>
internal static class InputFile
{
    // 4096 rows of 4096 numbers of 8 characters are 128 MiB.
    private const int MaxCharacters = 256 << 20;

    /// <summary>The whole text.</summary>
    /// <exception cref="RttMatrixException">There is no such file, it is too large, or broken.</exception>
    public static string Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var compressed = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            using var reader = new StreamReader(compressed ? new GZipStream(file, CompressionMode.Decompress) : file, Encoding.UTF8);
            var text = new StringBuilder();
            var buffer = new char[1 << 16];
            for (int read; (read = reader.Read(buffer)) > 0;)
            {
                text.Append(buffer, 0, read);
                if (text.Length > MaxCharacters)
                {
                    throw new RttMatrixException($"{path} has more than {MaxCharacters >> 20} MiB of text");
                }
            }

            return text.ToString();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new RttMatrixException($"{path} cannot be read: {exception.Message}", exception);
        }
    }
}
