using System.ComponentModel;
using System.Diagnostics;
using System.IO.Compression;

namespace EdgeMesh.Lab.CacheSimulation.Traces;

/// <summary>Opens the file of a trace: as it is, <c>.gz</c>, or <c>.xz</c> by way of the <c>xz</c> that is installed.</summary>
public static class TraceFile
{
    /// <summary>Reads a whole trace.</summary>
    /// <param name="path">A file; its last extension says how it is compressed.</param>
    /// <param name="progress">Told the number of requests read, now and then; null: nobody is.</param>
    /// <exception cref="TraceException">It cannot be opened or decompressed, or is malformed.</exception>
    public static Trace Read(string path, TraceFormat format, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        try
        {
            using var file = File.OpenRead(path);
            switch (Path.GetExtension(path).ToLowerInvariant())
            {
                case ".gz":
                    using (var gzip = new GZipStream(file, CompressionMode.Decompress))
                    {
                        return TraceReader.Read(gzip, format, progress, cancellationToken);
                    }

                case ".xz":
                    return ReadXz(path, format, progress, cancellationToken);
                case var extension when extension is ".zst" or ".bz2" or ".zip":
                    throw new TraceException($"{extension} is not read here: decompress it first, or pipe it in with - as the file");
                default:
                    return TraceReader.Read(file, format, progress, cancellationToken);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TraceException(failure.Message, failure);
        }
    }

    private static Trace ReadXz(string path, TraceFormat format, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Process? xz;
        try
        {
            xz = Process.Start(new ProcessStartInfo("xz", ["--decompress", "--stdout", "--", path]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (Win32Exception missing)
        {
            throw new TraceException("this is .xz and xz is not installed here: install xz-utils, or decompress it elsewhere", missing);
        }

        using (xz)
        {
            try
            {
                var complaint = xz!.StandardError.ReadToEndAsync(CancellationToken.None);
                var trace = Attempt(xz.StandardOutput.BaseStream, format, progress, cancellationToken, out var fault);
                xz.StandardOutput.Close();
                xz.WaitForExit();

                // A damaged file also looks cut off to the reader: xz knows better. It is ended by a closed pipe when the reader gave up first, and says nothing.
                var said = complaint.GetAwaiter().GetResult().Trim();
                if (xz.ExitCode != 0 && said.Length > 0)
                {
                    throw new TraceException(said.Split('\n')[0], fault);
                }

                return trace ?? throw fault!;
            }
            finally
            {
                if (!xz!.HasExited)
                {
                    xz.Kill();
                }
            }
        }
    }

    private static Trace? Attempt(Stream stream, TraceFormat format, IProgress<int>? progress, CancellationToken cancellationToken, out TraceException? fault)
    {
        try
        {
            fault = null;
            return TraceReader.Read(stream, format, progress, cancellationToken);
        }
        catch (TraceException malformed)
        {
            fault = malformed;
            return null;
        }
    }
}
