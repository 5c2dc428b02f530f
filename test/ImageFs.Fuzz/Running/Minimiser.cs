using ImageFs.Fuzz.Mutation;

namespace ImageFs.Fuzz.Running;

/// <summary>Takes changes away from a mutant as long as it does what it did: first many at once, then one by one.</summary>
internal static class Minimiser
{
    /// <summary>Tries for what is kept in a file, or told.</summary>
    public const int Thorough = 200;

    /// <summary>Tries for what only begins other mutants of the same run.</summary>
    public const int Rough = 16;

    /// <summary>The smallest patch that was found.</summary>
    /// <param name="patch">The mutant.</param>
    /// <param name="tries">How many are made.</param>
    /// <param name="isSame">Whether a mutant of less does what this one did.</param>
    public static Patch Run(Patch patch, int tries, Func<Patch, bool> isSame)
    {
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
