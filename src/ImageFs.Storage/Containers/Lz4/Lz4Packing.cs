using ImageFs.Storage.Containers.Packed;

namespace ImageFs.Storage.Containers.Lz4;

/// <summary>Frames of LZ4 as a whole, and blocks of those whose blocks are independent.</summary>
/// <param name="source">The file.</param>
internal sealed class Lz4Packing(BlockSource source) : Packing(Lz4Format.FormatName, source)
{
    private static readonly byte[] s_endMark = new byte[sizeof(uint)];

    private readonly List<(long Start, FrameHeader Header)> _frames = [];

    /// <summary>Adds the next frame.</summary>
    public void Add(long start, FrameHeader header) => _frames.Add((start, header));

    /// <inheritdoc/>
    public override PartReader Read(in PackedPart part, bool isMeasured = true)
    {
        long address = part.Address;
        int low = 0;
        int high = _frames.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_frames[middle].Start <= address)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        FrameHeader header = _frames[low].Header;
        return header.IsIndependent
            ? new StreamPartReader("lz4 block", Source, address, part.StoredLength, part.Length, new Linux.Lz4Stream()) { Head = header.MakeOfBlock(), Tail = s_endMark }
            : new StreamPartReader("lz4 frame", Source, address, part.StoredLength, part.Length, new Linux.Lz4Stream());
    }

    /// <inheritdoc/>
    public override void Describe(ImageDescription description) => description.With("frames", _frames.Count > 1 ? (long)_frames.Count : null);
}
