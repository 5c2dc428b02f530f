using System.Buffers.Text;
using System.Text;
using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Ext.Attributes;
using ImageFs.FileSystems.Ext.Directories;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Names that are not what they are on disk: without case, and without a key.</summary>
public sealed class NamesTests
{
    [TestCase("name", "NAME", true)]
    [TestCase("äé", "ÄÉ", true)]
    [TestCase("name", "names", false)]
    [TestCase("ß", "SS", true)]
    [TestCase("\u00e4", "a\u0308", true)]
    [TestCase("\u00c4", "a\u0308", true)]
    [TestCase("\u212b", "\u00e5", true)]
    [TestCase("\u1e69", "S\u0307\u0323", true)]
    [TestCase("s\u0323\u0307", "s\u0307\u0323", true)]
    [TestCase("a\u0301\u0308", "a\u0308\u0301", false)]
    [TestCase("\u1fb3", "\u03b1\u0345", true)]
    [TestCase("\ud55c", "\u1112\u1161\u11ab", true)]
    [TestCase("\uac00", "\u1100\u1161", true)]
    [TestCase("a\u00adb", "AB", true)]
    [TestCase("\ufb03", "FFI", true)]
    [TestCase("\ufb03x", "ffix", true)]
    [TestCase("\u2460", "1", false)]
    [TestCase("\U00010400", "\U00010428", true)]
    [TestCase("e", "\u00e9", false)]
    public void Names_are_the_same_without_case_and_in_any_normal_form(string name, string other, bool isSame) =>
        Assert.That(new SoughtName(Encoding.UTF8.GetBytes(name), InodeFlags.CaseFold).Matches(Encoding.UTF8.GetBytes(other)), Is.EqualTo(isSame));

    [Test]
    public void A_name_that_is_not_UTF_8_is_compared_as_it_is()
    {
        Assert.That(new SoughtName([(byte)'A', 0xFF], InodeFlags.CaseFold).Matches([(byte)'a', 0xFF]), Is.False);
        Assert.That(new SoughtName([(byte)'A', 0xFF], InodeFlags.CaseFold).Matches([(byte)'A', 0xFF]), Is.True);
    }

    [TestCase(InodeFlags.None, "é", true)]
    [TestCase(InodeFlags.CaseFold, "e", true)]
    [TestCase(InodeFlags.CaseFold, "é", true)]
    [TestCase(InodeFlags.Encrypted, "e", false)]
    public void The_hash_is_used_where_it_is_sure(object flags, string name, bool hasHash) =>
        Assert.That(new SoughtName(Encoding.UTF8.GetBytes(name), (InodeFlags)flags).HasHash, Is.EqualTo(hasHash));

    [Test]
    public void A_link_without_key_is_what_Linux_shows()
    {
        // Shown by Linux 6.18; after the hashes, which are 0, is what is on disk.
        const string Shown = "AAAAAAAAAABSF03IKWBFHXO1ETh2AC1qtquUSLFflCBmdjSshDH8uw";
        byte[] encrypted = Base64Url.DecodeFromChars(Shown)[8..];
        byte[] name = new byte[NoKeyName.MaxLength];
        int length = NoKeyName.Encode(0, 0, encrypted, name);
        Assert.That(Encoding.ASCII.GetString(name, 0, length), Is.EqualTo(Shown));
    }

    [Test]
    public void The_longest_encrypted_name_is_shown_by_a_digest_of_its_end()
    {
        byte[] shown = new byte[NoKeyName.MaxLength];
        int length = NoKeyName.Encode(1, 2, new byte[255], shown);
        Assert.That(length, Is.EqualTo(NoKeyName.MaxLength));
        Assert.That(NoKeyName.Encode(1, 2, [.. new byte[254], 1], new byte[NoKeyName.MaxLength]), Is.EqualTo(length));
    }

    [TestCase("user.a", 1, "a")]
    [TestCase("trusted.a.b", 4, "a.b")]
    [TestCase("security.selinux", 6, "selinux")]
    [TestCase("system.posix_acl_default", 3, "")]
    public void A_name_is_a_prefix_and_a_rest(string name, int index, string rest)
    {
        Assert.That(ExtendedAttributeName.TrySplit(Encoding.ASCII.GetBytes(name), out byte actual, out ReadOnlySpan<byte> actualRest), Is.True);
        Assert.That((actual, Encoding.ASCII.GetString(actualRest)), Is.EqualTo(((byte)index, rest)));
    }

    [TestCase("user.")]
    [TestCase("system.data")]
    [TestCase("system.posix_acl_accessory")]
    [TestCase("other.name")]
    [TestCase("")]
    public void A_name_without_a_known_prefix_is_none(string name) =>
        Assert.That(ExtendedAttributeName.TrySplit(Encoding.ASCII.GetBytes(name), out _, out _), Is.False);

    [TestCase("")]
    [TestCase("02000000")]
    [TestCase("0100000001000600FF")]
    [TestCase("010000000200060001")]
    [TestCase("0100000003000600")]
    public void What_is_no_access_control_list_is_refused(string disk) =>
        Assert.That(AccessControlList.FromDisk(Convert.FromHexString(disk)), Is.Null);
}
