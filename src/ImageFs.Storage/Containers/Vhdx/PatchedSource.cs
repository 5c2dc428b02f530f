namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>A file as it is when its log is replayed: some pieces of it are others.</summary>
/// <param name="file">The file.</param>
internal sealed class PatchedSource(BlockSource file) : PiecedSource
{
    // Ascending, without overlaps. A piece without bytes is zeros.
    private readonly List<Patch> _patches = [];

    /// <inheritdoc/>
    public override long Length => Math.Max(file.Length, _patches.Count > 0 ? _patches[^1].End : 0);

    /// <summary>Replaces bytes, of earlier patches too.</summary>
    /// <param name="offset">The first.</param>
    /// <param name="length">How many.</param>
    /// <param name="bytes">What they are now; null for zeros.</param>
    public void Replace(long offset, long length, byte[]? bytes)
    {
        long end = offset + length;
        int first = FirstBehind(offset);
        int last = first;
        var pieces = new List<Patch>(3);
        for (; last < _patches.Count && _patches[last].Start < end; last++)
        {
            if (_patches[last].Start < offset)
            {
                pieces.Add(_patches[last].Clip(_patches[last].Start, offset));
            }

            if (last + 1 >= _patches.Count || _patches[last + 1].Start >= end)
            {
                pieces.Add(new Patch(offset, end, bytes, 0));
                if (_patches[last].End > end)
                {
                    pieces.Add(_patches[last].Clip(end, _patches[last].End));
                }
            }
        }

        if (last == first)
        {
            pieces.Add(new Patch(offset, end, bytes, 0));
        }

        _patches.RemoveRange(first, last - first);
        _patches.InsertRange(first, pieces);
    }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        int index = FirstBehind(offset);
        if (index < _patches.Count && _patches[index].Start <= offset)
        {
            Patch patch = _patches[index];
            return patch.Bytes is null ? Piece.Hole(patch.End - offset) : Piece.Own(patch.End - offset);
        }

        // A file that the log makes longer is zeros there.
        long end = index < _patches.Count ? _patches[index].Start : Length;
        return offset >= file.Length ? Piece.Hole(end - offset) : Piece.Mapped(file, offset, Math.Min(end, file.Length) - offset);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            Patch patch = _patches[FirstBehind(offset)];
            int length = (int)Math.Min(patch.End - offset, destination.Length);
            patch.Bytes.AsSpan((int)(offset - patch.Start) + patch.Skipped, length).CopyTo(destination);
            destination = destination[length..];
            offset += length;
        }
    }

    // The first patch that ends after an offset.
    private int FirstBehind(long offset)
    {
        int low = 0;
        int high = _patches.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_patches[middle].End > offset)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private readonly record struct Patch(long Start, long End, byte[]? Bytes, int Skipped)
    {
        public Patch Clip(long start, long end) => new(start, end, Bytes, Bytes is null ? 0 : Skipped + (int)(start - Start));
    }
}
