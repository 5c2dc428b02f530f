using ImageFs.Storage;

namespace ImageFs.Fuzz.Oracles;

/// <summary>
/// Reads a file, a volume or a disk at some places: extents are where and as long as they may be, and <see cref="BlockSource.ReadAt"/> gives
/// the bytes that they lead to.
/// </summary>
/// <param name="outcome">Takes note of what is read.</param>
/// <param name="random">Chooses the places.</param>
internal sealed class SourceOracle(Outcome outcome, Random random)
{
    private const int Places = 4;
    private const int PartLength = 4096;

    // Of a source that is made of single sectors, as many extents as this are looked at in one place.
    private const int MaxExtents = 16;

    private readonly byte[] _direct = new byte[PartLength];
    private readonly byte[] _located = new byte[PartLength];

    /// <summary>Whether contents are read, and not only looked for.</summary>
    public bool ReadsContents { get; init; } = true;

    /// <summary>Reads it at its start, at its end and between them.</summary>
    public void Check(BlockSource source)
    {
        OracleException.Check(source.Length >= 0, $"the length {source.Length} is negative");
        for (int i = 0; i < Places && source.Length > 0; i++)
        {
            long offset = i switch
            {
                0 => 0,
                1 => Math.Max(0, source.Length - PartLength),
                _ => random.NextInt64(source.Length),
            };
            int length = (int)Math.Min(PartLength, source.Length - offset);
            outcome.Try(() => CheckAt(source, offset, length));
        }
    }

    private void CheckAt(BlockSource source, long offset, int length)
    {
        int found = 0;
        try
        {
            for (int extents = 0; found < length && extents < MaxExtents; extents++)
            {
                LocatedExtent extent = source.Locate(offset + found, length - found);
                CheckExtent(extent, offset + found, length - found);
                if (ReadsContents)
                {
                    extent.Read(_located.AsSpan(found, (int)extent.Length));
                }

                found += (int)extent.Length;
            }
        }
        finally
        {
            if (ReadsContents)
            {
                Compare(source, offset, found);
            }
        }
    }

    private void Compare(BlockSource source, long offset, int length)
    {
        if (length > 0)
        {
            // What can be read extent by extent can be read at once.
            source.ReadAt(offset, _direct.AsSpan(0, length));
            OracleException.Check(
                _direct.AsSpan(0, length).SequenceEqual(_located.AsSpan(0, length)), $"bytes at {offset} are others by their extents than by ReadAt");
            outcome.NoteRead();
        }
    }

    private static void CheckExtent(in LocatedExtent extent, long offset, long wanted)
    {
        OracleException.Check(extent.Offset == offset, $"an extent for offset {offset} begins at {extent.Offset}");
        OracleException.Check(extent.Length > 0 && extent.Length <= wanted, $"an extent has {extent.Length} bytes where {wanted} are wanted");
        if (extent.Kind == ExtentKind.Mapped)
        {
            OracleException.Check(extent.Source is Device, $"an extent is mapped to {extent.Source.GetType().Name}, which is no device");
            OracleException.Check(
                extent.Address >= 0 && extent.Address <= extent.Source.Length - extent.Length,
                $"an extent of {extent.Length} bytes at {extent.Address} ends after the device of {extent.Source.Length}");
        }
    }
}
