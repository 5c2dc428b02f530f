using System.Globalization;
using System.Text;

namespace ImageFs.Fuzz.Mutation;

/// <summary>
/// The difference of a mutant from its seed, as a line of text: <c>ext/ext4.img 0x438:0000 0x5A0:FF</c>, and <c>length=4096</c> where it is
/// cut short. A corpus and a finding are such lines.
/// </summary>
/// <param name="Seed">The name of the seed.</param>
/// <param name="Length">Bytes of the mutant; null when it is as long as the seed.</param>
/// <param name="Changes">Bytes and where they are, ascending.</param>
internal sealed record Patch(string Seed, int? Length, IReadOnlyList<(int Offset, byte Value)> Changes)
{
    private const string LengthWord = "length=";
    private const int MaxDamage = 4096;

    /// <summary>How a mutant differs from its seed.</summary>
    public static Patch Of(Mutant mutant)
    {
        var changes = new SortedDictionary<int, byte>();
        ReadOnlySpan<byte> bytes = mutant.Bytes.Span;
        foreach ((int offset, int length) in mutant.Changed)
        {
            for (int i = offset; i < Math.Min(offset + length, bytes.Length); i++)
            {
                if (bytes[i] != mutant.Seed.Bytes[i])
                {
                    changes[i] = bytes[i];
                }
            }
        }

        return new Patch(
            mutant.Seed.Name,
            mutant.Length < mutant.Seed.Bytes.Length ? mutant.Length : null,
            [.. changes.Select(change => (change.Key, change.Value))]);
    }

    /// <summary>How an image differs from a seed; null where it is longer, or differs in too much to be called damaged.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="image">The image.</param>
    public static Patch? Between(Seed seed, ReadOnlySpan<byte> image)
    {
        ReadOnlySpan<byte> sound = seed.Bytes;
        if (image.Length > sound.Length)
        {
            return null;
        }

        var changes = new List<(int, byte)>();
        for (int at = 0; at < image.Length && changes.Count <= MaxDamage; at++)
        {
            at += image[at..].CommonPrefixLength(sound[at..]);
            if (at < image.Length)
            {
                changes.Add((at, image[at]));
            }
        }

        return changes.Count <= MaxDamage ? new Patch(seed.Name, image.Length < sound.Length ? image.Length : null, changes) : null;
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is none of a patch.</exception>
    public static Patch Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int? length = null;
        var changes = new List<(int, byte)>();
        foreach (string word in words.Skip(1))
        {
            if (word.StartsWith(LengthWord, StringComparison.Ordinal))
            {
                length = int.Parse(word[LengthWord.Length..], CultureInfo.InvariantCulture);
                continue;
            }

            string[] parts = word.Split(':');
            int offset = int.Parse(parts[0][2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            changes.AddRange(Convert.FromHexString(parts[1]).Select((value, index) => (offset + index, value)));
        }

        return new Patch(words[0], length, changes);
    }

    /// <summary>Makes the changes in a mutant of the same seed.</summary>
    public void Apply(Mutant mutant)
    {
        foreach ((int offset, byte value) in Changes)
        {
            mutant.Change(offset, 1)[0] = value;
        }

        if (Length is { } length)
        {
            mutant.Truncate(length);
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder(Seed);
        if (Length is { } length)
        {
            text.Append(CultureInfo.InvariantCulture, $" {LengthWord}{length}");
        }

        for (int i = 0; i < Changes.Count; i++)
        {
            if (i == 0 || Changes[i].Offset != Changes[i - 1].Offset + 1)
            {
                text.Append(CultureInfo.InvariantCulture, $" 0x{Changes[i].Offset:X}:");
            }

            text.Append(CultureInfo.InvariantCulture, $"{Changes[i].Value:X2}");
        }

        return text.ToString();
    }
}
