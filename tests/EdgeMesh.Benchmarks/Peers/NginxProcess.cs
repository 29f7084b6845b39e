using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>Configuration of an nginx that needs nothing outside its own directory.</summary>
internal static class NginxProcess
{
    /// <summary>The program and its package.</summary>
    public static readonly (string Program, string Package) Needs = ("nginx", "nginx-light");

    /// <summary>Writes a configuration file: one worker, no log of calls, connections without an end.</summary>
    /// <param name="http">What stands in its <c>http</c> block.</param>
    /// <returns>The file's path.</returns>
    public static string Write(TempDirectory files, string http)
    {
        var file = files.File("nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            user {{Environment.UserName}};
            worker_processes 1;
            pid {{files.File("pid")}};
            error_log stderr crit;
            events { worker_connections 4096; }
            http {
              access_log off;
              keepalive_requests 1000000000;
              http2_max_concurrent_streams 1000;
              client_body_temp_path {{files.File("body")}};
              proxy_temp_path {{files.File("proxy")}};
              fastcgi_temp_path {{files.File("fastcgi")}};
              uwsgi_temp_path {{files.File("uwsgi")}};
              scgi_temp_path {{files.File("scgi")}};
            {{http}}
            }
            """);
        return file;
    }
}
