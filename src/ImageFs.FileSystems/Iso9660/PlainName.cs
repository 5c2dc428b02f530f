namespace ImageFs.FileSystems.Iso9660;

/// <summary>How names of the plain tree are shown (<c>map=</c>).</summary>
internal enum NameMapping
{
    /// <summary>In lower case, without version 1 and without a dot before it.</summary>
    Normal,

    /// <summary>As recorded.</summary>
    Off,

    /// <summary>As normal, with what Acorn's extensions add.</summary>
    Acorn,
}

/// <summary>Names of the plain tree (ECMA-119 7.5) as Linux shows them.</summary>
internal static class PlainName
{
    private const string HexDigits = "0123456789abcdef";

    /// <param name="record">The directory record.</param>
    /// <param name="mapping">How.</param>
    /// <param name="name">Where it goes: at least 255 bytes.</param>
    /// <returns>Bytes in it.</returns>
    public static int Translate(DirectoryRecord record, NameMapping mapping, Span<byte> name)
    {
        ReadOnlySpan<byte> identifier = record.FileIdentifier;
        if (mapping == NameMapping.Off)
        {
            identifier.CopyTo(name);
            return identifier.Length;
        }

        int length = Normalize(identifier, name);
        return mapping == NameMapping.Acorn && length > 0 ? ApplyAcorn(record, name, length) : length;
    }

    private static int Normalize(ReadOnlySpan<byte> identifier, Span<byte> name)
    {
        int end = identifier.IndexOf((byte)0);
        if (end >= 0)
        {
            identifier = identifier[..end];
        }
        else if (identifier.EndsWith(";1"u8))
        {
            identifier = identifier.EndsWith(".;1"u8) ? identifier[..^3] : identifier[..^2];
        }

        for (int i = 0; i < identifier.Length; i++)
        {
            name[i] = identifier[i] switch
            {
                >= (byte)'A' and <= (byte)'Z' => (byte)(identifier[i] | 0x20),

                // A slash comes from writers of Acorn's.
                (byte)';' or (byte)'/' => (byte)'.',
                _ => identifier[i],
            };
        }

        return identifier.Length;
    }

    /// <summary>Acorn's 32 bytes of System Use: "ARCHIMEDES", load address, execution address, attributes.</summary>
    private static int ApplyAcorn(DirectoryRecord record, Span<byte> name, int length)
    {
        ReadOnlySpan<byte> use = record.SystemUse;
        if (use.Length != 32 || !use.StartsWith("ARCHIMEDES"u8))
        {
            return length;
        }

        if (name[0] == '_' && (use[19] & 1) != 0)
        {
            name[0] = (byte)'!';
        }

        // A load address of 0xFFFtttxx holds a file type and no address.
        bool hasType = use[13] == 0xFF && (use[12] & 0xF0) == 0xF0;
        if (!hasType || record.Flags.HasFlag(FileFlags.Directory))
        {
            return length;
        }

        name[length] = (byte)',';
        name[length + 1] = (byte)HexDigits[use[12] & 0xF];
        name[length + 2] = (byte)HexDigits[use[11] >> 4];
        name[length + 3] = (byte)HexDigits[use[11] & 0xF];
        return length + 4;
    }
}
