using System.Globalization;
using System.Text;
using ImageFs.FileSystems.Checksums;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Discs;

/// <summary>What isomd5sum writes into the Application Use of a primary volume descriptor (ECMA-119 8.4.32).</summary>
/// <param name="Sum">The MD5 in hexadecimal digits.</param>
/// <param name="SkippedSectors">Sectors at the end that it is not over: tools add padding there.</param>
internal sealed record ImplantedFields(string Sum, long SkippedSectors)
{
    /// <summary>Where the Application Use is in the descriptor.</summary>
    public const int Place = 883;

    /// <summary>Its length in bytes: it counts as spaces in the sum.</summary>
    public const int Length = 512;

    private const int SumDigits = 32;

    /// <summary>Reads the fields; null when there are none.</summary>
    /// <param name="descriptor">The primary volume descriptor.</param>
    public static ImplantedFields? Read(ReadOnlySpan<byte> descriptor)
    {
        string text = Encoding.Latin1.GetString(descriptor.Slice(Place, Length));
        string sum = Find(text, "ISO MD5SUM = ");
        _ = uint.TryParse(Find(text, "SKIPSECTORS = "), NumberStyles.None, CultureInfo.InvariantCulture, out uint skipped);
        return sum.Length == SumDigits && sum.All(char.IsAsciiHexDigit) ? new ImplantedFields(sum.ToLowerInvariant(), skipped) : null;
    }

    // Fields end with a semicolon.
    private static string Find(string text, string name)
    {
        int place = text.IndexOf(name, StringComparison.Ordinal);
        return place < 0 ? string.Empty : text[(place + name.Length)..].Split(';')[0];
    }
}

/// <summary>The MD5 that implantisomd5 has put into an image, over all of it but that place: as checkisomd5 checks it.</summary>
internal static class ImplantedCheck
{
    private const string Name = "implanted MD5";
    private const string Structure = "primary volume descriptor";
    private const int BufferLength = 1 << 20;

    /// <summary>The check.</summary>
    /// <param name="image">The image: its sum begins at its start, whatever session is shown.</param>
    public static Check Of(BlockSource image) => new(Name, run => Run(image, run)) { Length = image.Length };

    private static void Run(BlockSource image, CheckRun run)
    {
        byte[] descriptor = new byte[PrimaryDescriptor.Length];
        if (TryFindDescriptor(image, descriptor) is not { } place || ImplantedFields.Read(descriptor) is not { } fields)
        {
            run.GiveUp("there is none");
            return;
        }

        long length = (new PrimaryDescriptor(descriptor).VolumeSpaceSize - fields.SkippedSectors) * PrimaryDescriptor.Length;
        if (length < place + PrimaryDescriptor.Length || length > image.Length)
        {
            run.Find(Structure, place, $"the image has {image.Length} bytes, its implanted MD5 is over {length}", "ECMA-119 8.4.8");
            return;
        }

        string sum = Compute(image, length, place + ImplantedFields.Place, run.Advance);
        if (sum != fields.Sum)
        {
            run.Find(Structure, place, $"the implanted MD5 is {fields.Sum}, that of the image is {sum}", "isomd5sum");
        }
    }

    // A disc that begins with sound has none.
    private static long? TryFindDescriptor(BlockSource image, Span<byte> descriptor)
    {
        try
        {
            return FindDescriptor(image, descriptor);
        }
        catch (UnsupportedFeatureException)
        {
            return null;
        }
    }

    private static long? FindDescriptor(BlockSource image, Span<byte> descriptor)
    {
        for (long sector = PrimaryDescriptor.FirstSector; (sector + 1) * PrimaryDescriptor.Length <= image.Length && sector < PrimaryDescriptor.FirstSector + PrimaryDescriptor.MaxDescriptors; sector++)
        {
            image.ReadAt(sector * PrimaryDescriptor.Length, descriptor);
            if (!PrimaryDescriptor.IsDescriptor(descriptor))
            {
                break;
            }

            if (PrimaryDescriptor.IsAt(descriptor))
            {
                return sector * PrimaryDescriptor.Length;
            }
        }

        return null;
    }

    private static string Compute(BlockSource image, long length, long blank, Action<long> progress)
    {
        var hash = new Md5();
        byte[] buffer = new byte[BufferLength];
        for (long offset = 0; offset < length;)
        {
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(BufferLength, length - offset));
            image.ReadAt(offset, bytes);
            long start = Math.Clamp(blank - offset, 0, bytes.Length);
            long end = Math.Clamp(blank + ImplantedFields.Length - offset, 0, bytes.Length);
            bytes[(int)start..(int)end].Fill((byte)' ');
            hash.Append(bytes);
            progress(bytes.Length);
            offset += bytes.Length;
        }

        return hash.Finish();
    }
}
