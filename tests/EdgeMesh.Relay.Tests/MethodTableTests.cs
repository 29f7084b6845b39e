using EdgeMesh.Relay.Methods;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Tests;

public sealed class MethodTableTests
{
    [Fact]
    public void Get_Unknown_IsLearnedAndKept()
    {
        var table = new MethodTable();

        table.Get("/a.B/C", out var isDeclared).Observe(MethodKind.Unary);

        Assert.False(isDeclared);
        Assert.Equal(MethodKind.Unary, table.Get("/a.B/C", out _).Kind);
    }

    [Fact]
    public void Observe_StreamingOnce_StaysForGood()
    {
        var state = new MethodState();

        state.Observe(MethodKind.Streaming);
        state.Observe(MethodKind.Unary);
        state.Observe(MethodKind.Suspected);

        Assert.Equal(MethodKind.Streaming, state.Kind);
    }

    [Fact]
    public void Observe_SuspectedThenUnary_IsUnaryAgain()
    {
        var state = new MethodState();

        state.Observe(MethodKind.Suspected);
        state.Observe(MethodKind.Unary);

        Assert.Equal(MethodKind.Unary, state.Kind);
    }

    [Theory]
    [InlineData(false, false, nameof(MethodKind.Unary))]
    [InlineData(true, false, nameof(MethodKind.Streaming))]
    [InlineData(false, true, nameof(MethodKind.Streaming))]
    public void Declare_Shape_ComesBeforeWhatWasLearned(bool clientStreaming, bool serverStreaming, string kind)
    {
        var table = new MethodTable();
        table.Get("/a.B/C", out _).Observe(MethodKind.Suspected);

        table.Declare([new MethodShape { Method = "a.B/C", ClientStreaming = clientStreaming, ServerStreaming = serverStreaming }]);

        Assert.Equal(kind, table.Get("/a.B/C", out var isDeclared).Kind.ToString());
        Assert.True(isDeclared);
    }

    [Fact]
    public void Declare_SameShapeAgain_KeepsWhatWasSeen()
    {
        var table = new MethodTable();
        table.Declare([new MethodShape { Method = "a.B/C" }]);
        table.Get("/a.B/C", out _).ObserveAnswer(declaresCaching: true);

        table.Declare([new MethodShape { Method = "a.B/C" }, new MethodShape { Method = "a.B/D" }]);

        Assert.True(table.Get("/a.B/C", out _).HasDeclaredCaching);
        Assert.False(table.Get("/a.B/D", out _).HasDeclaredCaching);
    }

    [Fact]
    public void Get_MoreNamesThanAreLearned_StillAnswersAndStaysBounded()
    {
        var table = new MethodTable();
        for (var i = 0; i < 10_000; i++)
        {
            table.Get($"/made.Up/Method{i}", out _).Observe(MethodKind.Unary);
        }

        Assert.Equal(MethodKind.Unary, table.Get("/made.Up/Method0", out _).Kind);
        Assert.Equal(MethodKind.Unknown, table.Get("/made.Up/Method9999", out _).Kind);
    }

    [Fact]
    public void MayCoalesce_AHundredAnswersWithoutDeclaration_NoMoreUntilOneDeclares()
    {
        var state = new MethodState();
        for (var i = 0; i < 100; i++)
        {
            Assert.True(state.MayCoalesce);
            state.ObserveAnswer(declaresCaching: false);
        }

        Assert.False(state.MayCoalesce);
        state.ObserveAnswer(declaresCaching: true);
        Assert.True(state.MayCoalesce);
    }
}
