using System.Buffers.Binary;
using ImageFs.FileSystems.Ext;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Names that two entries of a directory have.</summary>
public sealed class RepeatedNamesTests
{
    private const int Header = 8; // Of an entry, before its name.
    private const int Block = 1024;

    [TestCase("wide", "")]
    [TestCase("hash-half_md4", "names")]
    [TestCase("hash-tea", "names")]
    public void A_listing_gives_all_of_them_the_node_that_a_lookup_finds(string image, string path)
    {
        byte[] bytes = ExtImages.Read(image);
        bytes[SuperBlock.Address + 0x65] &= unchecked((byte)~((uint)ReadOnlyCompatibleFeatures.MetadataCsum >> 8));
        bytes.AsSpan(SuperBlock.Address + 0x3FC, sizeof(uint)).Clear(); // Its own checksum.
        (byte[] name, int count) = Repeat(bytes, ExtImages.Open(bytes).List(path));
        FileSystem fs = ExtImages.Open(bytes);
        List<(byte[] Name, NodeId Node, NodeType Type)> listed = fs.List(path);

        Assert.That(listed, Has.Count.EqualTo(count));
        Assert.That(fs.TryLookup(fs.Find(path), name, out NodeId found));
        Assert.That(listed.Where(entry => entry.Name.AsSpan().SequenceEqual(name)).Select(entry => entry.Node), Is.EqualTo((NodeId[])[found, found]));
        Assert.That(fs.List(path, atOnce: 1).Select(entry => entry.Node), Is.EqualTo(listed.Select(entry => entry.Node)));
    }

    // Gives the second of two entries in a block, whose names are of one length, the name of the first.
    private static (byte[] Name, int Count) Repeat(byte[] image, List<(byte[] Name, NodeId Node, NodeType Type)> entries)
    {
        for (int i = 3; i < entries.Count; i++)
        {
            (byte[] first, byte[] second) = (entries[i - 1].Name, entries[i].Name);
            if (first.Length == second.Length && Find(image, entries[i - 1]) is > 0 and int place && Find(image, entries[i]) is > 0 and int other && place / Block == other / Block)
            {
                first.CopyTo(image, other);
                return (first, entries.Count);
            }
        }

        throw new AssertionException("no two names are alike enough");
    }

    private static int Find(byte[] image, (byte[] Name, NodeId Node, NodeType Type) entry)
    {
        for (int at = image.AsSpan().IndexOf(entry.Name); at >= 0;)
        {
            Span<byte> header = image.AsSpan(at - Header, Header);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == entry.Node.Value && header[6] == entry.Name.Length)
            {
                return at;
            }

            int next = image.AsSpan(at + 1).IndexOf(entry.Name);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return -1;
    }
}
