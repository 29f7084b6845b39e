using EdgeMesh.InteropHost;
using EdgeMesh.InteropHost.Client;
using EdgeMesh.InteropHost.Server;

const string Usage = "usage: EdgeMesh.InteropHost server --port=N | client --server_host=H --server_port=N --test_case=NAME|all | descriptors --out=FILE";

try
{
    return args switch
    {
        ["server", .. var rest] => await InteropServer.RunAsync(rest),
        ["client", .. var rest] => await InteropClient.RunAsync(rest),
        ["descriptors", .. var rest] => await DescriptorFile.WriteAsync(rest),
        _ => throw new FlagException(Usage),
    };
}
catch (FlagException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
