using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>
/// The update sequence of a record: the last two bytes of each 512 of it are kept in its head, and a number in their place tells whether all
/// of it was written at once (linux-ntfs, Fixup).
/// </summary>
internal static class UpdateSequence
{
    /// <summary>Bytes that have a number each, whatever the size of a sector.</summary>
    public const int Stride = 512;

    /// <summary>The shortest head of a record that has one.</summary>
    public const int HeadLength = 8;

    /// <summary>Puts the bytes back where they belong.</summary>
    /// <param name="record">The record as it is on disk: a multiple of <see cref="Stride"/> long.</param>
    /// <returns>What is wrong with it; null when it is whole.</returns>
    public static string? Apply(Span<byte> record)
    {
        int start = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]) - 1;
        if (start % sizeof(ushort) != 0 || start < HeadLength || count != record.Length / Stride || start + ((count + 1) * sizeof(ushort)) > Stride - sizeof(ushort))
        {
            // Of a record above 128 KiB the sequence is longer than the first 512 bytes: no writer makes such.
            return $"its update sequence of {count + 1} numbers at byte {start} does not fit it";
        }

        ushort number = BinaryPrimitives.ReadUInt16LittleEndian(record[start..]);
        for (int i = 1; i <= count; i++)
        {
            Span<byte> last = record.Slice((i * Stride) - sizeof(ushort), sizeof(ushort));
            if (BinaryPrimitives.ReadUInt16LittleEndian(last) != number)
            {
                return $"only a part of it was written: at the end of its sector {i - 1} is 0x{BinaryPrimitives.ReadUInt16LittleEndian(last):X4}, not 0x{number:X4}";
            }

            record.Slice(start + (i * sizeof(ushort)), sizeof(ushort)).CopyTo(last);
        }

        return null;
    }
}
