namespace ImageFs.Tree;

/// <summary>
/// A way in which trees make up a tree: each of them has a number there, and its nodes have that number in a field of their
/// <see cref="NodeId.Space"/> that is this level's own. So a tree of any level can be in one of a level above, every number that a format
/// gives its nodes is possible, and an id is still a pure function of the place.
/// </summary>
public sealed class TreeLevel
{
    private const int InodeBits = 64;

    // 2^64 divided by the golden ratio, and the multiplier of MurmurHash3's end.
    private const ulong Spread = 0x9E3779B97F4A7C15;
    private const ulong Mix = 0xFF51AFD7ED558CCD;

    private readonly int _shift;
    private readonly int _bits;

    private TreeLevel(int shift, int bits)
    {
        _shift = shift;
        _bits = bits;
    }

    /// <summary>Subvolumes of one file system: 40 bits.</summary>
    public static TreeLevel Subvolume { get; } = new(0, 40);

    /// <summary>Volumes of one image: 8 bits.</summary>
    public static TreeLevel Volume { get; } = new(40, 8);

    /// <summary>Images, and folders, of a folder of images: 16 bits.</summary>
    public static TreeLevel Image { get; } = new(48, 16);

    /// <summary>The largest number that a tree can have; 0 is the tree of trees itself.</summary>
    public ulong MaxNumber => (1UL << _bits) - 1;

    /// <summary>A node of one of the trees as a node of all.</summary>
    /// <param name="own">As its own tree knows it, which is of a level below.</param>
    /// <param name="number">The tree's number.</param>
    public NodeId Enter(NodeId own, ulong number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        return NumberOf(own) == 0
            ? own with { Space = own.Space | (number << _shift) }
            : throw new ArgumentException($"the node is of tree {NumberOf(own)} of this level already", nameof(own));
    }

    /// <summary>The number of the tree that a node is in.</summary>
    public ulong NumberOf(NodeId node) => (node.Space >> _shift) & MaxNumber;

    /// <summary>A node as its own tree knows it.</summary>
    public NodeId Leave(NodeId node) => node with { Space = node.Space & ~(MaxNumber << _shift) };

    /// <summary>
    /// An inode number of one of the trees as one of all: another one for each tree, as far as 64 bits go, and the same from mount to mount.
    /// Nothing finds a node by it.
    /// </summary>
    /// <param name="own">The inode number in its own tree.</param>
    /// <param name="number">The tree's number.</param>
    public ulong Inode(ulong own, ulong number) => own >> (InodeBits - _bits) == 0
        ? (number << (InodeBits - _bits)) | own
        : unchecked(((own ^ (own >> 33)) * Mix) ^ (number * Spread));
}
