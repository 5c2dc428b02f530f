using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs;
using ImageFs.FileSystems.Xfs.Attributes;
using ImageFs.FileSystems.Xfs.Directories;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Xfs;

/// <summary>Structures of XFS, from bytes.</summary>
internal sealed class StructureTests
{
    [Test]
    public void An_extent_has_a_bit_and_numbers_of_54_and_52_and_21_bits()
    {
        byte[] bytes = new byte[FileExtent.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (1UL << 63) | (0x3F_FFFF_FFFF_FFFEUL << 9) | 0x1FF);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), (0x7_FFFF_FFFF_FFFEUL << 21) | 0x1F_FFFF);
        Assert.That(
            FileExtent.Read(bytes),
            Is.EqualTo(new FileExtent(0x3F_FFFF_FFFF_FFFE, (0x1FFL << 43) | 0x7FF_FFFF_FFFE, 0x1F_FFFF, IsUnwritten: true)));
    }

    [Test]
    public void Times_have_a_sign_and_big_ones_begin_in_1901()
    {
        Assert.That(InodeTime.Decode(unchecked((uint)-1), 5), Is.EqualTo(new Timestamp(-1, 5)));
        Assert.That(InodeTime.DecodeBig(0), Is.EqualTo(new Timestamp(int.MinValue)));
        Assert.That(InodeTime.DecodeBig((1UL << 31) * 1_000_000_000), Is.EqualTo(new Timestamp(0)));
        Assert.That(InodeTime.DecodeBig(ulong.MaxValue), Is.EqualTo(new Timestamp(16299260425, 709551615)));
    }

    // By xfs_db's command "hash".
    [TestCase("a", 0x61u)]
    [TestCase("..", 0x172eu)]
    [TestCase("foo", 0x19b7efu)]
    [TestCase("lost+found", 0x21aa60cu)]
    [TestCase("SGI_ACL_FILE", 0x275b19c4u)]
    public void Hashes_of_names_are_those_of_xfs_db(string name, uint hash) =>
        Assert.That(NameHashing.Hash(System.Text.Encoding.ASCII.GetBytes(name)), Is.EqualTo(hash));

    [Test]
    public void Without_regard_to_case_letters_of_Latin_1_are_one()
    {
        byte[] upper = [(byte)'A', 0xC4, 0xD7, 0xDE];
        byte[] lower = [(byte)'a', 0xE4, 0xD7, 0xFE];
        Assert.That(NameHashing.HashCaseless(upper), Is.EqualTo(NameHashing.HashCaseless(lower)));
        Assert.That(NameHashing.AreSimilar(upper, lower), Is.True);
        Assert.That(NameHashing.AreSimilar([0xD7], [0xF7]), Is.False);
    }

    [Test]
    public void An_access_control_list_is_turned_from_its_form_on_disk()
    {
        byte[] disk = [0, 0, 0, 2, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0, 7, 0, 0, 0, 0, 0, 2, 0, 0, 3, 0xE8, 0, 5, 0, 0];
        byte[] attribute = [2, 0, 0, 0, 1, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 5, 0, 0xE8, 3, 0, 0];
        Assert.That(AccessControlList.FromDisk(disk), Is.EqualTo(attribute));
        for (int length = 0; length < disk.Length; length++)
        {
            Assert.That(AccessControlList.FromDisk(disk.AsSpan(0, length)), Is.Null, $"{length} bytes");
        }
    }

    [Test]
    public void Entries_in_an_inode_end_where_their_bytes_do()
    {
        byte[] fork = [2, 0, 0, 0, 0, 128, 1, 0, 96, (byte)'a', 2, 0, 0, 0, 131, 2, 0, 112, (byte)'b', (byte)'c', 1, 0, 0, 0, 132];
        var whole = new ShortFormWalker(fork, hasTypes: true);
        Assert.That(ShortFormWalker.Parent(fork), Is.EqualTo(128));
        Assert.That(whole.MoveNext() && whole.Current.Inode == 131 && whole.Current.Type == NodeType.Directory && whole.NextOffset == 112, Is.True);
        Assert.That(whole.MoveNext() && whole.Current.Name.SequenceEqual("bc"u8) && whole.Current.Type == NodeType.Regular, Is.True);
        Assert.That(!whole.MoveNext() && whole.Problem is null, Is.True);
        for (int length = 6; length < fork.Length; length++)
        {
            var cut = new ShortFormWalker(fork.AsSpan(0, length), hasTypes: true);
            while (cut.MoveNext())
            {
            }

            Assert.That(cut.Problem, Is.Not.Null, $"{length} bytes");
        }
    }
}
