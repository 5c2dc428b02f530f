using System.Text;
using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Directories;

/// <summary>What a directory of <see cref="ToyDirectories"/> has in a place.</summary>
/// <param name="Name">The name; what reading the place throws, after a '!'; what is passed over as damaged, after a '?'.</param>
/// <param name="Node">What it names.</param>
internal readonly record struct ToyEntry(string Name, ulong Node);

/// <summary>The least that a format has to give: one directory, its entries in a list. Places are ten apart.</summary>
internal sealed class ToyDirectories(params ToyEntry[] entries) : DirectoryListing<ToyEntry[], ToyCursor>(new IndexCache(1 << 20).ForOwner())
{
    /// <summary>The directory.</summary>
    public static NodeId Directory { get; } = new(1);

    /// <summary>Its parent.</summary>
    public static NodeId Parent { get; } = new(2);

    /// <summary>How many of "." and ".." are no entries.</summary>
    public int Dots { get; init; } = 2;

    /// <summary>What the first place is at.</summary>
    public long Start { get; init; }

    /// <summary>What the format's own way finds; null when it has none.</summary>
    public Func<string, ulong?>? OwnLookup { get; init; }

    /// <summary>Whether the device fails where a name begins with '!'; else it is the image that is damaged.</summary>
    public bool DeviceFails { get; init; }

    /// <summary>Whether nothing fails any more.</summary>
    public bool HasRecovered { get; set; }

    /// <summary>Cursors made at the start of the directory.</summary>
    public int Scans { get; private set; }

    protected override ToyEntry[] OpenDirectory(NodeId directory) => entries;

    protected override ToyCursor Read(ToyEntry[] directory, long position)
    {
        Scans += position == 0 ? 1 : 0;
        return new ToyCursor(this, directory, position);
    }

    protected override int CountDots(ToyEntry[] directory) => Dots;

    protected override NodeId FindParent(NodeId node, ToyEntry[] directory) => Parent;

    protected override bool HasOwnLookup(ToyEntry[] directory) => OwnLookup is not null;

    protected override bool? TryLookUp(ToyEntry[] directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        ulong? found = OwnLookup?.Invoke(Encoding.UTF8.GetString(name));
        node = new NodeId(found ?? 0);
        return found is null ? null : true;
    }
}

/// <summary>Goes through a <see cref="ToyDirectories"/>.</summary>
internal ref struct ToyCursor(ToyDirectories owner, ToyEntry[] entries, long position) : IDirectoryCursor
{
    private const int Apart = 10;

    private readonly PooledBuffer _name = new(64);
    private int _length;
    private int _index;

    public readonly ReadOnlySpan<byte> Name => _name.Span[.._length];

    public readonly uint Hash => NameHash.Of(Name);

    public readonly uint? AliasHash => null;

    public readonly NodeId Node => new(entries[_index].Node);

    public readonly NodeType Type => NodeType.Regular;

    public readonly ulong Inode => Node.Value + 1000;

    public readonly ReadOnlySpan<byte> Record => Name;

    public long Position { get; private set; }

    public long NextPosition { get; private set; } = Math.Max(position, owner.Start);

    public Exception? Damage { get; private set; }

    public Exception? Unreachable { get; private set; }

    public bool MoveNext()
    {
        while ((NextPosition - owner.Start) / Apart < entries.Length)
        {
            Position = NextPosition;
            _index = (int)((Position - owner.Start) / Apart);
            string name = entries[_index].Name;
            if (name[0] == '!' && !owner.HasRecovered)
            {
                throw owner.DeviceFails ? new LinuxException("pread", Errno.EIO, name) : new InvalidImageException(name, Position, "it is damaged");
            }

            NextPosition += Apart;
            if (name[0] == '?')
            {
                Damage ??= new InvalidImageException(name, Position, "it is damaged");
                continue;
            }

            if (name[0] == '/')
            {
                Unreachable ??= new InvalidImageException(name, Position, "no path leads to it");
                continue;
            }

            _length = Encoding.UTF8.GetBytes(name, _name.Span);
            return true;
        }

        return false;
    }

    public readonly NameMatch Match(ReadOnlySpan<byte> name) => Name.SequenceEqual(name) ? NameMatch.Same
        : Ascii.EqualsIgnoreCase(Name, name) ? NameMatch.Similar
        : NameMatch.None;

    public readonly void Dispose() => _name.Dispose();
}
