using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Oracles;

/// <summary>What became of one mutant: how far it was read, and which errors it gave. New errors tell that new code was reached.</summary>
internal sealed class Outcome
{
    private readonly HashSet<ulong> _features = [];
    private readonly HashSet<string> _formats = new(StringComparer.Ordinal);

    /// <summary>Whether it could be opened.</summary>
    public bool IsOpened { get; private set; }

    /// <summary>Whether bytes of a file or a volume in it were read.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Hashes of the errors that it gave, without their numbers and names.</summary>
    public IReadOnlyCollection<ulong> Features => _features;

    /// <summary>The names of the formats that were recognised in it and opened.</summary>
    public IReadOnlyCollection<string> Formats => _formats;

    /// <summary>The next mutant comes.</summary>
    public void Clear()
    {
        _features.Clear();
        _formats.Clear();
        (IsOpened, IsRead) = (false, false);
    }

    /// <summary>It has been opened.</summary>
    public void NoteOpened() => IsOpened = true;

    /// <summary>A format has opened it, or a part of it.</summary>
    public void NoteFormat(string name) => _formats.Add(name);

    /// <summary>Bytes of it have been read.</summary>
    public void NoteRead() => IsRead = true;

    /// <summary>Takes note of a message that the parser gave.</summary>
    public void Note(string kind, string message)
    {
        // FNV-1a over the letters: what stands in quotes and the digits are the image's.
        ulong hash = 0xCBF2_9CE4_8422_2325;
        bool isQuoted = false;
        foreach (char letter in kind)
        {
            hash = unchecked((hash ^ letter) * 0x100_0000_01B3);
        }

        foreach (char letter in message)
        {
            isQuoted ^= letter == '"';
            if (!isQuoted && (char.IsAsciiLetter(letter) || letter == ' ') && letter is not (>= 'A' and <= 'F'))
            {
                hash = unchecked((hash ^ letter) * 0x100_0000_01B3);
            }
        }

        _features.Add(hash);
    }

    /// <summary>Does something that the image may make impossible: an error of the image, or of a file that it names, is an answer.</summary>
    /// <returns>Whether it was possible.</returns>
    public bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
            Note(e.GetType().Name, e.Message);
            return false;
        }
    }
}
