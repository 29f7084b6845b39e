using EdgeMesh.Storage.Grammar;

namespace EdgeMesh.Storage.Listing;

/// <summary>How many entries a page may have: 1 to 1,000, and 0 for the default.</summary>
internal static class PageSize
{
    /// <summary>Notes a size outside its limits.</summary>
    internal static void Check(int size, Violations violations)
    {
        if (size is < 0 or > ObjectLimits.PageMaxEntries)
        {
            violations.Add("page_size", "must be 1 to 1,000, or 0 for 1,000", size);
        }
    }

    /// <summary>The size that a request means.</summary>
    internal static int Of(int size) => size == 0 ? ObjectLimits.PageMaxEntries : size;
}
