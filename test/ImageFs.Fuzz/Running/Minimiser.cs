using ImageFs.Fuzz.Mutation;

namespace ImageFs.Fuzz.Running;

/// <summary>Takes changes away from a mutant as long as it does what it did: first many at once, then one by one.</summary>
internal static class Minimiser
{
    private const int MaxTries = 200;

    /// <summary>The smallest patch that was found.</summary>
    /// <param name="patch">The mutant.</param>
    /// <param name="isSame">Whether a mutant of less does what this one did.</param>
    public static Patch Run(Patch patch, Func<Patch, bool> isSame)
    {
        int tries = MaxTries;
        if (patch.Length is not null && isSame(patch with { Length = null }))
        {
            patch = patch with { Length = null };
        }

        for (int part = Math.Max(1, patch.Changes.Count / 2); ; part /= 2)
        {
            for (int i = 0; i < patch.Changes.Count && --tries > 0;)
            {
                Patch less = patch with { Changes = [.. patch.Changes.Take(i), .. patch.Changes.Skip(i + part)] };
                if (isSame(less))
                {
                    patch = less;
                }
                else
                {
                    i += part;
                }
            }

            if (part <= 1 || tries <= 0)
            {
                return patch;
            }
        }
    }
}
