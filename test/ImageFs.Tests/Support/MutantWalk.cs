using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Support;

/// <summary>Asks a file system of a mutant for all that a reader may ask: what is wrong with the image is an answer, too.</summary>
internal static class MutantWalk
{
    private const int Places = 20;

    /// <summary>Goes through its tree.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="tally">Takes note of what is read.</param>
    /// <param name="depth">Directories in directories.</param>
    /// <param name="mostNames">Names of each.</param>
    public static void Run(FileSystem fileSystem, MutantTally tally, int depth = 3, int mostNames = 40)
    {
        Try(() => _ = fileSystem.Statistics);
        _ = fileSystem.Describe();
        Visit(fileSystem, fileSystem.Root, tally, depth, mostNames);
    }

    /// <summary>Does something that the image may make impossible.</summary>
    public static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
        }
    }

    private static void Visit(FileSystem fileSystem, NodeId node, MutantTally tally, int depth, int mostNames)
    {
        Try(() => fileSystem.GetAttributes(node));
        Try(() => fileSystem.ReadLink(node));
        Try(() => ReadSome(fileSystem.OpenFile(node), tally));
        Try(() =>
        {
            foreach (byte[] name in fileSystem.ListExtendedAttributes(node))
            {
                Try(() => fileSystem.GetExtendedAttribute(node, name));
            }
        });
        var sink = new FirstSink(mostNames);
        Try(() => fileSystem.ReadDirectory(node, 0, sink));
        foreach ((byte[] name, NodeId child) in sink.Entries)
        {
            Try(() => fileSystem.TryLookup(node, name, out _));
            if (depth > 0 && name[0] != '.')
            {
                Visit(fileSystem, child, tally, depth - 1, mostNames);
            }
        }
    }

    private static void ReadSome(BlockSource file, MutantTally tally)
    {
        byte[] buffer = new byte[4096];
        for (int i = 0; i < Places && file.Length > 0; i++)
        {
            long offset = file.Length / Places * i;
            Try(() =>
            {
                file.ReadAt(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - offset)));
                tally.NoteRead();
            });
        }
    }

    private sealed class FirstSink(int most) : IDirectorySink
    {
        public List<(byte[] Name, NodeId Node)> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Entries.Add((entry.Name.ToArray(), entry.Node));
            return Entries.Count < most;
        }
    }
}
