using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>What the views of System Use Entries share.</summary>
internal static class SystemUse
{
    /// <summary>The data of an entry, once it is known to be long enough.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="length">Bytes that the whole entry has at least.</param>
    /// <param name="name">Its signature, for the message.</param>
    /// <param name="clause">Where it is specified.</param>
    /// <exception cref="InvalidImageException">It is shorter.</exception>
    public static ReadOnlySpan<byte> Require(SystemUseEntry entry, int length, string name, string clause)
    {
        int actual = SystemUseEntry.HeaderLength + entry.Data.Length;
        return actual >= length
            ? entry.Data
            : throw new InvalidImageException($"{name} entry", entry.Address, $"it has {actual} bytes instead of {length}", clause);
    }
}
