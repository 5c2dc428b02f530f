namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>LVM's identifiers: 32 letters and digits, shown in groups (lib/uuid).</summary>
internal static class LvmUuid
{
    /// <summary>Bytes of one in a header.</summary>
    public const int Length = 32;

    private static readonly int[] s_groups = [6, 4, 4, 4, 4, 4, 6];

    /// <summary>As it is shown, of its bytes in a header; empty when they are none.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[Length + s_groups.Length - 1];
        int position = 0;
        int taken = 0;
        foreach (int group in s_groups)
        {
            if (position > 0)
            {
                text[position++] = '-';
            }

            foreach (byte value in bytes.Slice(taken, group))
            {
                if (!char.IsAsciiLetterOrDigit((char)value) && value is not ((byte)'!' or (byte)'#'))
                {
                    return string.Empty;
                }

                text[position++] = (char)value;
            }

            taken += group;
        }

        return new string(text);
    }
}
