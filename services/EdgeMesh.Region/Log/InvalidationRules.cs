using System.Text;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using Google.Rpc;

namespace EdgeMesh.Region.Log;

/// <summary>What an invalidation must be to get into the log.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class InvalidationRules
{
    // Enough for the tags of a page; one entry stays small beside the message that carries it.
    private const int MaxTargets = 256;
    private const int MaxTagBytes = 256;
    private const int MaxMethodChars = 1024;
    private const int MaxNoteChars = 200;

    // What a request may have to be keyed (RelayOptions.MaxKeyedMessageBytes), and what an update's entries may have together.
    private const int MaxMessageBytes = 64 * 1024;
    private const int MaxBytes = 1 << 20;

    /// <summary>Everything that is wrong with it.</summary>
    /// <returns>One entry per field, with its limit and value; none when all is right.</returns>
    public static IReadOnlyList<BadRequest.Types.FieldViolation> FindViolations(Invalidation? invalidation)
    {
        var violations = new List<BadRequest.Types.FieldViolation>();
        if (invalidation is null)
        {
            Check("invalidation", "must be present");
            return violations;
        }

        if (invalidation.Targets.Count is 0 or > MaxTargets)
        {
            Check("invalidation.targets", $"must be 1 to {MaxTargets}; are {invalidation.Targets.Count}");
        }

        for (var i = 0; i < Math.Min(invalidation.Targets.Count, MaxTargets); i++)
        {
            var target = invalidation.Targets[i];
            var field = $"invalidation.targets[{i}]";
            switch (target.TargetCase)
            {
                case InvalidationTarget.TargetOneofCase.Tag:
                    Check($"{field}.tag", IsTag(target.Tag) ? null : $"must be 1 to {MaxTagBytes} bytes without spaces, commas and control characters; is {NodeNames.Quote(target.Tag)}");
                    break;
                case InvalidationTarget.TargetOneofCase.Method:
                    CheckMethod($"{field}.method", target.Method);
                    break;
                case InvalidationTarget.TargetOneofCase.Request:
                    CheckMethod($"{field}.request.method", target.Request.Method);
                    Check($"{field}.request.message", target.Request.Message.Length <= MaxMessageBytes ? null : $"must have up to {MaxMessageBytes} bytes: longer requests are not cached; has {target.Request.Message.Length}");
                    break;
                case InvalidationTarget.TargetOneofCase.All:
                    Check($"{field}.all", target.All ? null : "must be true; is false");
                    break;
                default:
                    Check(field, "must be tag, method, request or all; is none");
                    break;
            }
        }

        Check("invalidation.note", invalidation.Note.Length <= MaxNoteChars && !invalidation.Note.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : $"must be up to {MaxNoteChars} printable ASCII characters; is {NodeNames.Quote(invalidation.Note)}");
        Check("invalidation", invalidation.CalculateSize() is var bytes && bytes <= MaxBytes ? null : $"must have up to {MaxBytes} bytes; has {bytes}");
        return violations;

        void CheckMethod(string field, string method) =>
            Check(field, IsMethod(method) ? null : $"must be a full name without the leading slash, like shop.v1.Catalog/GetProduct, of up to {MaxMethodChars} printable ASCII characters; is {NodeNames.Quote(method)}");

        void Check(string field, string? description)
        {
            if (description is not null)
            {
                violations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
            }
        }
    }

    private static bool IsTag(string tag) =>
        tag.Length > 0 && Encoding.UTF8.GetByteCount(tag) <= MaxTagBytes && !tag.AsSpan().ContainsAny(' ', ',') && !tag.AsSpan().ContainsAnyInRange('\0', '\u001f') && !tag.Contains('\u007f');

    private static bool IsMethod(string method) =>
        method.Length <= MaxMethodChars
        && method.IndexOf('/') is var slash and > 0
        && slash < method.Length - 1
        && method.IndexOf('/', slash + 1) < 0
        && !method.AsSpan().ContainsAnyExceptInRange('!', '~');
}
