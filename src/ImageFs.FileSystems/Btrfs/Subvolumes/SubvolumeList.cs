using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Subvolumes;

/// <summary>All subvolumes and snapshots, for people: in the order of their numbers.</summary>
/// <param name="rootTree">The root tree.</param>
/// <param name="subvolumes">The subvolumes in it.</param>
internal sealed class SubvolumeList(Trees.Tree rootTree, SubvolumeTable subvolumes)
{
    // No path has more directories.
    private const int MaxDepth = 2048;

    // index and name_len of a btrfs_inode_ref.
    private const int InodeRefHeader = 10;

    // Of directories that hold subvolumes: most hold many.
    private readonly Dictionary<(ulong Subvolume, ulong Directory), string?> _paths = [];

    /// <summary>A description of each; where it is damaged, of what can be read.</summary>
    /// <param name="shown">The number of the one that is shown.</param>
    /// <param name="defaultId">The number of the default one.</param>
    /// <exception cref="ImageException">The root tree is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public List<ImageDescription> Describe(ulong shown, ulong defaultId)
    {
        var list = new List<ImageDescription>();
        using TreeCursor cursor = rootTree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.FsTree, ItemType.RootItem, 0)); isThere; isThere = cursor.MoveNext())
        {
            TreeKey key = cursor.Key;
            if (key.Type == ItemType.RootItem && ObjectIds.IsSubvolume(key.ObjectId) && RootItem.Read(rootTree, cursor) is { References: > 0 } item)
            {
                list.Add(Describe(key.ObjectId, item, shown, defaultId));
            }
        }

        return list;
    }

    private ImageDescription Describe(ulong id, RootItem item, ulong shown, ulong defaultId) => new ImageDescription("subvolume")
        .With("id", unchecked((long)id))
        .With("path", TryFindPath(id))
        .With("uuid", item.Uuid?.ToString())
        .With("parent-uuid", item.ParentUuid?.ToString())
        .With("received-uuid", item.ReceivedUuid?.ToString())
        .With("generation", unchecked((long)item.Generation))
        .With("read-only", item.IsReadOnly ? true : null)
        .With("default", id == defaultId ? true : null)
        .With("shown", id == shown ? true : null)
        .With("created", ToTime(item.BirthTime));

    private string? TryFindPath(ulong id)
    {
        try
        {
            return FindPath(id, MaxDepth);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    // From the top; null of one that is nowhere.
    private string? FindPath(ulong id, int depth)
    {
        if (id == ObjectIds.FsTree)
        {
            return "/";
        }

        if (depth == 0 || subvolumes.FindPlace(id) is not { } place || FindPath(place.Parent, place.Directory, depth - 1) is not { } parent)
        {
            return null;
        }

        return $"{parent.TrimEnd('/')}/{ByteText.FromBytes(place.Name)}";
    }

    private string? FindPath(ulong id, ulong directory, int depth)
    {
        if (!_paths.TryGetValue((id, directory), out string? path))
        {
            path = subvolumes.TryFind(id) is { } subvolume && FindPath(id, depth) is { } root && FindInside(subvolume, directory) is { } inside
                ? $"{root.TrimEnd('/')}{inside}"
                : null;
            _paths[(id, directory)] = path;
        }

        return path;
    }

    // With a slash before each name; empty of the root directory.
    private static string? FindInside(Subvolume subvolume, ulong directory)
    {
        string path = string.Empty;
        using TreeCursor cursor = subvolume.Tree.Open();
        for (int depth = 0; directory != subvolume.RootDirectory; depth++)
        {
            if (depth == MaxDepth || !cursor.SeekFirst(new TreeKey(directory, ItemType.InodeRef, 0))
                || cursor.Key is not { Type: ItemType.InodeRef } key || key.ObjectId != directory || cursor.Data.Length < InodeRefHeader)
            {
                return null;
            }

            int length = BinaryPrimitives.ReadUInt16LittleEndian(cursor.Data[8..]);
            path = $"/{ByteText.FromBytes(cursor.Data.Slice(InodeRefHeader, Math.Min(length, cursor.Data.Length - InodeRefHeader)))}{path}";
            directory = key.Offset;
        }

        return path;
    }

    private static DateTimeOffset? ToTime(Timestamp? time) =>
        time is { Seconds: > 0 } value && value.Seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(value.Seconds) : null;
}
