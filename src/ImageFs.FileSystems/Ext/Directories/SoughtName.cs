using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>A name that is looked for, and when a name in a directory is the same.</summary>
internal readonly ref struct SoughtName
{
    private readonly byte[]? _folded;

    /// <param name="name">The name.</param>
    /// <param name="flags">The flags of the directory: whether names in it have case, and can be read.</param>
    public SoughtName(ReadOnlySpan<byte> name, InodeFlags flags)
    {
        bool isEncrypted = flags.HasFlag(InodeFlags.Encrypted);
        Name = name;
        _folded = flags.HasFlag(InodeFlags.CaseFold) && !isEncrypted ? CaseFolding.Fold(name) : null;
        HasHash = !isEncrypted;
    }

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What the hash is taken of.</summary>
    public ReadOnlySpan<byte> HashedName => _folded ?? Name;

    /// <summary>Whether the hash of <see cref="HashedName"/> is that of the name on disk: not of an encrypted one.</summary>
    public bool HasHash { get; }

    /// <summary>Whether a directory's name is the one.</summary>
    public bool Matches(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Name) || (_folded is not null && _folded.AsSpan().SequenceEqual(CaseFolding.Fold(name)));
}

/// <summary>
/// What Linux shows of an encrypted name without the key (fscrypt, nokey names): the hash that finds it, its first bytes
/// and a digest of the others, in Base64url.
/// </summary>
internal static class NoKeyName
{
    /// <summary>The longest that one is.</summary>
    public const int MaxLength = 252;

    private const int HashSize = 8;
    private const int MaxVerbatim = 149;

    /// <summary>Forms the name.</summary>
    /// <param name="hash">Hash of the encrypted name in its directory.</param>
    /// <param name="minor">The second hash.</param>
    /// <param name="encrypted">The encrypted name.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes of the name.</returns>
    public static int Encode(uint hash, uint minor, ReadOnlySpan<byte> encrypted, Span<byte> destination)
    {
        Span<byte> name = stackalloc byte[HashSize + MaxVerbatim + SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(name, hash);
        BinaryPrimitives.WriteUInt32LittleEndian(name[sizeof(uint)..], minor);
        ReadOnlySpan<byte> verbatim = encrypted[..Math.Min(encrypted.Length, MaxVerbatim)];
        verbatim.CopyTo(name[HashSize..]);
        int length = HashSize + verbatim.Length;
        if (encrypted.Length > MaxVerbatim)
        {
            OpenSsl.Require("SHA-256");
            length += SHA256.HashData(encrypted[MaxVerbatim..], name[length..]);
        }

        return Base64Url.EncodeToUtf8(name[..length], destination);
    }
}

/// <summary>
/// Names without their case, for directories with casefold: as Linux compares them, by Unicode's canonical decomposition and full case
/// folding, without what is ignorable (NFDICF of fs/unicode). <c>ä</c> in one character is <c>ä</c> in two.
/// </summary>
internal static class CaseFolding
{
    // Syllables of Hangul are composed by arithmetic (Unicode 3.12).
    private const int FirstSyllable = 0xAC00;
    private const int LastSyllable = 0xD7A3;
    private const int FirstLead = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int BeforeTrail = 0x11A7;
    private const int Vowels = 21;
    private const int Trails = 28;

    private static readonly Lazy<FrozenDictionary<int, int[]>> s_folded = new(ReadFolded);
    private static readonly Lazy<FrozenDictionary<int, int>> s_classes = new(ReadClasses);
    private static readonly UTF8Encoding s_strictUtf8 = new(false, true);

    /// <summary>The name without case; a name that is not UTF-8 is left as it is, as by Linux.</summary>
    public static byte[] Fold(ReadOnlySpan<byte> name)
    {
        string text;
        try
        {
            text = s_strictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return name.ToArray();
        }

        var folded = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Append(rune.Value, folded);
        }

        OrderMarks(folded);
        var result = new StringBuilder(folded.Count);
        Span<char> character = stackalloc char[2];
        foreach (int value in folded)
        {
            result.Append(character[..new Rune(value).EncodeToUtf16(character)]);
        }

        return Encoding.UTF8.GetBytes(result.ToString());
    }

    private static void Append(int character, List<int> folded)
    {
        if (character < 0x80)
        {
            folded.Add(char.ToLowerInvariant((char)character));
        }
        else if (character is >= FirstSyllable and <= LastSyllable)
        {
            (int pair, int trail) = Math.DivRem(character - FirstSyllable, Trails);
            folded.Add(FirstLead + (pair / Vowels));
            folded.Add(FirstVowel + (pair % Vowels));
            if (trail > 0)
            {
                folded.Add(BeforeTrail + trail);
            }
        }
        else if (s_folded.Value.TryGetValue(character, out int[]? several))
        {
            folded.AddRange(several);
        }
        else
        {
            folded.Add(character);
        }
    }

    // Marks on one letter are ordered by class; marks of one class keep their order (Unicode 3.11, D109).
    private static void OrderMarks(List<int> text)
    {
        for (int start = 0; start < text.Count; start++)
        {
            int end = start;
            while (end < text.Count && ClassOf(text[end]) > 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] ordered = [.. text[start..end].OrderBy(ClassOf)];
                for (int i = start; i < end; i++)
                {
                    text[i] = ordered[i - start];
                }
            }

            start = end;
        }
    }

    private static int ClassOf(int character) => character < 0x80 ? 0 : s_classes.Value.GetValueOrDefault(character);

    private static FrozenDictionary<int, int[]> ReadFolded()
    {
        var folded = new Dictionary<int, int[]>();
        foreach (string[] words in Read(FoldingTable.Folded, ' '))
        {
            folded.Add(FromHexadecimal(words[0]), [.. words.Skip(1).Select(FromHexadecimal)]);
        }

        foreach (string[] words in Read(FoldingTable.Ignored, '-', ' '))
        {
            for (int character = FromHexadecimal(words[0]); character <= FromHexadecimal(words[1]); character++)
            {
                folded[character] = [];
            }
        }

        return folded.ToFrozenDictionary();
    }

    private static FrozenDictionary<int, int> ReadClasses()
    {
        var classes = new Dictionary<int, int>();
        foreach (string[] words in Read(FoldingTable.Classes, '-', ' '))
        {
            for (int character = FromHexadecimal(words[0]); character <= FromHexadecimal(words[1]); character++)
            {
                classes.Add(character, int.Parse(words[2], CultureInfo.InvariantCulture));
            }
        }

        return classes.ToFrozenDictionary();
    }

    private static IEnumerable<string[]> Read(ReadOnlySpan<byte> table, params char[] separators) =>
        Encoding.ASCII.GetString(table)
            .Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(item => item.Split(separators));

    private static int FromHexadecimal(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
