using EdgeMesh.Storage.Tests.Hosted;

// The test assembly as a program: see ChildPrograms.
return await ChildPrograms.RunAsync(args);
