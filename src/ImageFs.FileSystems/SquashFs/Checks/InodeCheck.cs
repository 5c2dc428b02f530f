using System.Globalization;
using ImageFs.FileSystems.SquashFs.Directories;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Checks;

/// <summary>
/// Holds inodes and names against each other: that each inode has the owner and the number it may have, that each name leads to one of the table,
/// with the number and the type that the directory says, that an inode has as many names as it counts, a directory one parent, and that the
/// table of inodes by their numbers leads to them.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class InodeCheck(SquashFsVolume volume)
{
    private readonly bool _hasNumbers = volume.Super.Layout.HasNumbers;
    private readonly InodeRecords _inodes = new();
    private uint[] _names = [];
    private uint[] _subdirectories = [];

    /// <summary>Checks them.</summary>
    public void Run(CheckRun run)
    {
        bool hasAll = _inodes.Gather(volume, run) && run.State == CheckState.Done;
        _names = new uint[_inodes.Count];
        _subdirectories = new uint[_inodes.Count];
        for (int place = 0; place < _inodes.Count; place++)
        {
            CheckInode(_inodes[place], run);
        }

        run.Extent = _inodes.Count.ToString(CultureInfo.InvariantCulture);
        if (!hasAll)
        {
            // Of what was not found nobody can tell what names lead to.
            return;
        }

        for (int place = 0; place < _inodes.Count; place++)
        {
            if (_inodes[place].Type == NodeType.Directory)
            {
                CheckDirectory(place, run);
            }
        }

        if (_hasNumbers)
        {
            CheckNumbers(run);
            CheckLinks(run);
        }
    }

    private void CheckInode(InodeRecords.Record record, CheckRun run) => run.Try(() =>
    {
        Inode inode = volume.Inodes.Read(new NodeId(record.Node));
        _ = volume.Ids.UserOf(inode);
        _ = volume.Ids.GroupOf(inode);
        if (inode.Attributes != Inode.None && !(inode.Attributes < volume.Attributes?.Count))
        {
            throw InodeTable.Damaged(inode.Position, $"its extended attributes are list {inode.Attributes} of {volume.Attributes?.Count ?? 0}");
        }
    });

    private void CheckDirectory(int place, CheckRun run) => run.Try(() =>
    {
        var node = new NodeId(_inodes[place].Node);
        var directory = new Directories.Directory(volume, node, volume.Inodes.Read(node));
        var index = new IndexWalk(volume, directory);
        var cursor = new DirectoryCursor(volume, directory, 0);
        byte[] last = [];
        try
        {
            while (cursor.MoveNext())
            {
                CheckName(place, directory, ref cursor, run);
                if (volume.HasSortedNames && cursor.Name.SequenceCompareTo(last) <= 0)
                {
                    FindIn(directory, run, $"\"{ByteNames.Show(cursor.Name)}\" comes after \"{ByteNames.Show(last)}\"");
                }

                if (index.FindProblem(cursor.Run, cursor.Name, cursor.Position) is { } problem)
                {
                    FindIn(directory, run, problem);
                }

                last = cursor.Name.ToArray();
            }

            if ((cursor.Damage ?? cursor.Unreachable) is { } damage)
            {
                run.Find(Finding.Of(damage));
            }

            if (index.FindRest() is { } rest)
            {
                FindIn(directory, run, rest);
            }
        }
        finally
        {
            cursor.Dispose();
        }
    });

    private void CheckName(int place, Directories.Directory directory, ref DirectoryCursor cursor, CheckRun run)
    {
        int found = _inodes.Find(cursor.Node);
        if (found < 0)
        {
            FindIn(directory, run, $"\"{ByteNames.Show(cursor.Name)}\" leads to 0x{cursor.Node.Value:X}, where no inode begins");
            return;
        }

        InodeRecords.Record inode = _inodes[found];
        _names[found]++;
        if (inode.Type == NodeType.Directory)
        {
            _subdirectories[place]++;
            CheckParent(directory, ref cursor, found, run);
        }

        if (_hasNumbers && cursor.Inode != inode.Number)
        {
            FindIn(directory, run, $"\"{ByteNames.Show(cursor.Name)}\" is inode {cursor.Inode} there, and {inode.Number} by itself");
        }

        if (cursor.Type != inode.Type && volume.Super.Major > 1)
        {
            FindIn(directory, run, $"\"{ByteNames.Show(cursor.Name)}\" is a {cursor.Type} there, and a {inode.Type} by itself");
        }
    }

    private void CheckParent(Directories.Directory directory, ref DirectoryCursor cursor, int found, CheckRun run)
    {
        if (_names[found] > 1 || _inodes[found].Node == volume.Super.Root)
        {
            FindIn(directory, run, $"\"{ByteNames.Show(cursor.Name)}\" is a directory that another directory has, too");
        }
        else if (_hasNumbers && volume.Inodes.Read(cursor.Node).Parent is uint parent && parent != directory.Inode.Number)
        {
            FindIn(directory, run, $"\"{ByteNames.Show(cursor.Name)}\" has inode {parent} as its parent");
        }
    }

    private void CheckNumbers(CheckRun run)
    {
        var seen = new CellMap(volume.Super.Inodes + 1L);
        for (int place = 0; place < _inodes.Count; place++)
        {
            InodeRecords.Record inode = _inodes[place];
            if (inode.Number == 0 || inode.Number > volume.Super.Inodes || seen.Set(inode.Number))
            {
                Find(run, inode, $"its number is {inode.Number}, which is another's, or none of {volume.Super.Inodes}");
            }
            else if (volume.Exports is { } exports)
            {
                run.Try(() =>
                {
                    if (!exports.TryFind(inode.Number, out NodeId node) || node.Value != inode.Node)
                    {
                        Find(run, inode, $"the table of inodes by their numbers has 0x{node.Value:X} for {inode.Number}");
                    }
                });
            }
        }
    }

    // A directory counts its name, "." and the ".." of those in it. A file without a count has one name in a directory, or is named by more than
    // one without knowing it.
    private void CheckLinks(CheckRun run)
    {
        for (int place = 0; place < _inodes.Count; place++)
        {
            InodeRecords.Record inode = _inodes[place];
            uint names = _names[place] + (inode.Node == volume.Super.Root ? 1u : 0);
            uint links = inode.Type == NodeType.Directory ? _subdirectories[place] + 2 : names;
            if (names == 0)
            {
                Find(run, inode, "no directory has a name for it");
            }
            else if (inode.Links != links)
            {
                Find(run, inode, $"it counts {inode.Links} links, and there are {links}");
            }
        }
    }

    private void Find(CheckRun run, InodeRecords.Record inode, string problem)
    {
        MetadataPosition position = volume.Inodes.PositionOf(new NodeId(inode.Node));
        run.Find(Finding.Of(InodeTable.Damaged(position, problem)));
    }

    private static void FindIn(Directories.Directory directory, CheckRun run, string problem) =>
        run.Find("directory", directory.Start.Block, $"inode {directory.Inode.Number}: {problem}", "squashfs_dir_entry");
}
