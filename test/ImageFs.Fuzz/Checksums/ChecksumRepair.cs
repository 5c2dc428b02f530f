using ImageFs.Fuzz.Mutation;

namespace ImageFs.Fuzz.Checksums;

/// <summary>Makes the checksums of a mutant right again, so that its parser goes on to what they guard.</summary>
internal sealed class ChecksumRepair
{
    private readonly Seal[] _seals;

    /// <param name="seed">The image.</param>
    /// <param name="candidates">
    /// Checksums that it may have, those inside of others first. Only those are kept that are right in it.
    /// </param>
    public ChecksumRepair(byte[] seed, IEnumerable<Seal> candidates) => _seals = [.. candidates.Where(seal => seal.IsRight(seed))];

    /// <summary>How many checksums there are.</summary>
    public int Count => _seals.Length;

    /// <summary>Writes the checksums of all that was changed.</summary>
    public void Run(Mutant mutant)
    {
        foreach (Seal seal in _seals)
        {
            if (seal.Offset + seal.Length <= mutant.Length && IsTouched(mutant, seal))
            {
                seal.Write(mutant.Change(seal.Offset, seal.Length));
            }
        }
    }

    private static bool IsTouched(Mutant mutant, Seal seal)
    {
        // A seal adds to the changes, for those around it.
        for (int i = 0; i < mutant.Changed.Count; i++)
        {
            if (seal.Touches(mutant.Changed[i].Offset, mutant.Changed[i].Length))
            {
                return true;
            }
        }

        return false;
    }
}
