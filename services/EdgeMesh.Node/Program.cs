using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;

using var interruption = Interruption.OfProcess();
return await Application.RunAsync(args, Terminal.OfProcess(), interruption);
