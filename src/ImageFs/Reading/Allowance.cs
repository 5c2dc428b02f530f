using ImageFs.Storage;

namespace ImageFs.Reading;

/// <summary>
/// How much an extraction may write. A small image can name the same bytes again and again, and as files they would fill any disk. Holes
/// are not written and do not count; every name counts for a block, since it takes a place in a directory and an inode.
/// </summary>
internal sealed class Allowance
{
    /// <summary>What a name counts for, in bytes.</summary>
    internal const int NameCost = 512;

    /// <summary>How many times the image its files may be, where nobody says a limit.</summary>
    internal const int DefaultFactor = 100;

    private readonly long _limit;
    private readonly string _origin;
    private long _left;

    /// <summary>Allows so much.</summary>
    /// <param name="limit">In bytes.</param>
    /// <param name="origin">Where the limit comes from, for the message: "100 times the image".</param>
    internal Allowance(long limit, string origin)
    {
        _limit = limit;
        _origin = origin;
        _left = limit;
    }

    /// <summary>The limit that counts for an image where nobody says another.</summary>
    /// <param name="imageLength">The bytes of the image, with all files that it names.</param>
    internal static Allowance Default(long imageLength) =>
        new(imageLength > long.MaxValue / DefaultFactor ? long.MaxValue : imageLength * DefaultFactor, $"{DefaultFactor} times the image");

    /// <summary>Takes what is about to be written.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="path">What for.</param>
    /// <exception cref="IOException">It is more than is left.</exception>
    internal void Take(long bytes, string path)
    {
        _left = bytes > _left ? -1 : _left - bytes;
        if (_left < 0)
        {
            throw new IOException($"{path}: more than {ByteSize.Text(_limit)} would have been written, {_origin}: --limit=SIZE allows more");
        }
    }
}
