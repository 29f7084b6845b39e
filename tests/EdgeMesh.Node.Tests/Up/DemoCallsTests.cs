using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Up;

namespace EdgeMesh.Node.Tests.Up;

public sealed class DemoCallsTests
{
    [Fact]
    public void FindFaults_MissThenHitOnEveryEdge_None() =>
        Assert.Empty(DemoCalls.FindFaults([Call("A", "miss"), Call("A", "hit"), Call("B", "miss"), Call("B", "hit")], ["A", "B"]));

    [Theory]
    [InlineData("got hit (hit), hit (hit)", "hit", "hit")]
    [InlineData("got miss (miss), miss (miss)", "miss", "miss")]
    [InlineData("got hit (hit), miss (miss)", "hit", "miss")]
    [InlineData("got miss (miss)", "miss")]
    [InlineData("got ")]
    public void FindFaults_AnythingElse_NamesEdgeAndAnswers(string expected, params string[] outcomes)
    {
        var fault = Assert.Single(DemoCalls.FindFaults([.. outcomes.Select(outcome => Call("A", outcome))], ["A"]));

        Assert.Equal($"A: expected a miss, then a hit; {expected}", fault);
    }

    [Fact]
    public void FindFaults_AnswerInAnothersName_IsAFault()
    {
        var faults = DemoCalls.FindFaults([Call("A", "miss", "B"), Call("A", "hit")], ["A"]);

        Assert.Equal(["A: answered in the name of B"], faults);
    }

    private static DemoCallJson Call(string edge, string outcome, string? name = null) =>
        new(edge, "demo/hello.txt", new AnswerJson(outcome, outcome, null, name ?? edge, 1));
}
