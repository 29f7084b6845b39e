using System.ComponentModel;
using System.Text.Json;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>call --json</c>.</summary>
internal sealed record CallJson(
    [property: Description("Full name of the method, SERVICE/METHOD.")] string Method,
    [property: Description("Response metadata, in order, repeated names kept apart; -bin values in base64.")] IReadOnlyList<FieldJson> Headers,
    [property: Description("The answers, each in protobuf's JSON form.")] IReadOnlyList<JsonElement> Messages,
    [property: Description("The gRPC status's name, such as OK or NOT_FOUND.")] string Status,
    [property: Description("The status message; empty when there was none.")] string Message,
    [property: Description("Trailers, as headers.")] IReadOnlyList<FieldJson> Trailers,
    [property: Description("From the call's start to its end, in milliseconds.")] double Milliseconds);

/// <summary>One metadata field of <c>call --json</c>.</summary>
internal sealed record FieldJson(
    [property: Description("In lower case.")] string Name,
    [property: Description("As received; base64 for a -bin name.")] string Value);

/// <summary>The JSON of <c>call --list</c>.</summary>
internal sealed record ServicesJson(
    [property: Description("What the target serves, in order of name.")] IReadOnlyList<ServiceJson> Services);

/// <summary>A service of <c>call --list</c>.</summary>
internal sealed record ServiceJson(
    [property: Description("Full name.")] string Name,
    [property: Description("Its methods, in order of declaration.")] IReadOnlyList<MethodJson> Methods);

/// <summary>A method of <c>call --list</c>.</summary>
internal sealed record MethodJson(
    [property: Description("Its name within the service.")] string Name,
    [property: Description("Full name of the request message.")] string Request,
    [property: Description("Full name of the response message.")] string Response,
    [property: Description("Many requests per call.")] bool ClientStreaming,
    [property: Description("Many answers per call.")] bool ServerStreaming);
