using System.Buffers.Binary;

namespace ImageFs.Fuzz.Mutation;

/// <summary>Changes a mutant: a few changes of kinds that find mistakes in parsers, where the parser reads.</summary>
/// <param name="structures">What is read without the contents of files.</param>
/// <param name="all">All that is read.</param>
/// <param name="donors">Images of the same format, whose parts are put into the mutant.</param>
internal sealed class Mutator(ReadMap structures, ReadMap all, IReadOnlyList<Seed> donors)
{
    private const int MaxChanges = 6;

    // Values at which a sum, a product or a comparison goes wrong: limits of types, powers of two, and their neighbours.
    private static readonly ulong[] s_values =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 1023, 1024, 2047, 2048, 4095, 4096, 32767, 32768, 65535, 65536,
        0xFF_FFFF, 0x100_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
        0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_F000,
    ];

    private static readonly int[] s_blockLengths = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

    /// <summary>Makes some changes.</summary>
    public void Change(Mutant mutant, Random random)
    {
        for (int i = random.Next(3) == 0 ? random.Next(1, MaxChanges + 1) : 1; i > 0; i--)
        {
            ChangeOnce(mutant, random);
        }
    }

    private void ChangeOnce(Mutant mutant, Random random)
    {
        int place = Choose(random);
        if (place >= mutant.Length)
        {
            return;
        }

        switch (random.Next(16))
        {
            case 0 or 1 or 2:
                mutant.Change(place, 1)[0] ^= (byte)(1 << random.Next(8));
                break;
            case 3 or 4:
                mutant.Change(place, 1)[0] = (byte)random.Next(256);
                break;
            case 5 or 6 or 7 or 8:
                PutNumber(mutant, place, random, static (_, random) => s_values[random.Next(s_values.Length)]);
                break;
            case 9 or 10 or 11:
                PutNumber(mutant, place, random, static (old, random) => unchecked(old + (ulong)(random.Next(65) - 32)));
                break;
            case 12:
                CopyInside(mutant, place, Choose(random), random);
                break;
            case 13:
                Swap(mutant, place, Choose(random), random);
                break;
            case 14:
                Part(mutant, place, random).Fill((byte)(random.Next(4) == 0 ? 0xFF : 0));
                break;
            default:
                if (random.Next(8) == 0)
                {
                    mutant.Truncate(place);
                }
                else
                {
                    Splice(mutant, place, random);
                }

                break;
        }
    }

    private int Choose(Random random) => (structures.IsEmpty || (!all.IsEmpty && random.Next(4) == 0) ? all : structures).Choose(random);

    // Of 1, 2, 4 or 8 bytes, mostly where a number of that size would lie, in either order of bytes.
    private static void PutNumber(Mutant mutant, int place, Random random, Func<ulong, Random, ulong> change)
    {
        int size = 1 << random.Next(4);
        if (random.Next(4) != 0)
        {
            place -= place % size;
        }

        if (place + size > mutant.Length)
        {
            return;
        }

        Span<byte> number = mutant.Change(place, size);
        bool isBig = random.Next(4) == 0;
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        number.CopyTo(wide);
        if (isBig)
        {
            wide[..size].Reverse();
        }

        BinaryPrimitives.WriteUInt64LittleEndian(wide, change(BinaryPrimitives.ReadUInt64LittleEndian(wide), random));
        if (isBig)
        {
            wide[..size].Reverse();
        }

        wide[..size].CopyTo(number);
    }

    private static Span<byte> Part(Mutant mutant, int place, Random random)
    {
        int length = s_blockLengths[random.Next(s_blockLengths.Length)];
        place -= random.Next(2) == 0 ? place % length : 0;
        return mutant.Change(place, Math.Min(length, mutant.Length - place));
    }

    private static void CopyInside(Mutant mutant, int place, int from, Random random)
    {
        Span<byte> target = Part(mutant, place, random);
        ReadOnlySpan<byte> bytes = mutant.Seed.Bytes.AsSpan(Math.Min(from, mutant.Seed.Bytes.Length));
        bytes[..Math.Min(bytes.Length, target.Length)].CopyTo(target);
    }

    private static void Swap(Mutant mutant, int place, int other, Random random)
    {
        int length = s_blockLengths[random.Next(s_blockLengths.Length)];
        (place, other) = (place - (place % length), other - (other % length));
        if (Math.Max(place, other) + length > mutant.Length || place == other)
        {
            return;
        }

        Span<byte> first = mutant.Change(place, length);
        Span<byte> second = mutant.Change(other, length);
        byte[] held = first.ToArray();
        second.CopyTo(first);
        held.CopyTo(second);
    }

    // The same place of another image of the format, or any of it.
    private void Splice(Mutant mutant, int place, Random random)
    {
        byte[] donor = donors[random.Next(donors.Count)].Bytes;
        Span<byte> target = Part(mutant, place, random);
        int from = random.Next(2) == 0 ? place : random.Next(donor.Length);
        ReadOnlySpan<byte> bytes = donor.AsSpan(Math.Min(from, donor.Length));
        bytes[..Math.Min(bytes.Length, target.Length)].CopyTo(target);
    }
}
