using ImageFs.Storage.Decoding;

namespace ImageFs.Storage;

/// <summary>
/// What a mount keeps in memory, of all its layers and volumes together, in bytes (<c>-o cache-size=</c>): blocks as they are stored,
/// blocks decoded, and what was made of directories. Each layer uses as much of it as the others leave; nothing is taken before it is used.
/// </summary>
public sealed class MemoryBudget
{
    /// <summary>Bytes kept when nobody says how many.</summary>
    public const int UsualBytes = 16 << 20;

    private const string Option = "cache-size";
    private const int Min = 64 * 1024;
    private const int Max = 1024 * 1024 * 1024;

    // Blocks as they are stored are at hand in the page cache; an index has to be made again.
    private const int BlocksPart = 16;
    private const int MinBlocks = 2 * BlockPool.UsualPieceSize;
    private const int DecodedPart = 2;

    private readonly int _bytes;

    /// <param name="bytes">Bytes kept at most.</param>
    public MemoryBudget(int bytes = UsualBytes)
    {
        _bytes = bytes;
        Blocks = new BlockPool(Math.Max(bytes / BlocksPart, MinBlocks));
        Decoded = new DecodedBlockCache(bytes / DecodedPart);
        Indexes = new IndexCache(bytes - Blocks.MaxBytes - Decoded.MaxBytes);
    }

    private MemoryBudget(MemoryBudget shared)
    {
        _bytes = shared._bytes;
        Blocks = shared.Blocks;
        Decoded = shared.Decoded;
        Indexes = shared.Indexes.ForImage();
    }

    /// <summary>Bytes kept at most. The index of a directory that does not fit may take more (<see cref="IndexCache"/>).</summary>
    public int Bytes => _bytes;

    /// <summary>Keeps blocks of metadata as they are stored.</summary>
    public BlockPool Blocks { get; }

    /// <summary>Keeps blocks of compressed data, decoded.</summary>
    public DecodedBlockCache Decoded { get; }

    /// <summary>Keeps the indexes of directories.</summary>
    public IndexCache Indexes { get; }

    /// <summary>Takes the option.</summary>
    /// <exception cref="OptionException">It is no size, too small or too large.</exception>
    public static MemoryBudget Take(OptionList options) => options.TakeSize(Option) switch
    {
        null => new MemoryBudget(),
        >= Min and <= Max and long bytes => new MemoryBudget((int)bytes),
        long bytes => throw new OptionException($"{Option}={bytes}", $"must be {Min} to {Max} bytes"),
    };

    /// <summary>The same memory for one of several images, which may be closed before the others (<see cref="Close"/>).</summary>
    public MemoryBudget ForImage() => new(this);

    /// <summary>Lets go of everything that leads to the image that this was made for, which is closed: nothing of it is kept any more.</summary>
    public void Close() => Indexes.Close();
}
