using ImageFs.FileSystems.Xfs;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.MountTests;

/// <summary><c>verify</c> of XFS: each of its checks finds what xfs_db damages, with right checksums, and nothing where xfs_repair finds nothing.</summary>
internal sealed class XfsVerifyTests
{
    private const int Limit = Limits.Test;
    private const int Sound = 0;
    private const int Damaged = 1;

    [TestCase("sb 1", "agblocks 4097", "super block of group 1 at 0x1000000: its size of a group")]
    [TestCase("sb 0", "fdblocks 5", "super block at 0x0: it counts 5 free blocks, and the groups 3[0-9]+")]
    [TestCase("sb 0", "icount 64", "super block at 0x0: it counts 64 inodes")]
    [TestCase("agf 0", "freeblks 5", "AGF of group 0 at 0x200: 5 blocks are free there")]
    [TestCase("agf 0", "longest 5", "AGF of group 0 at 0x200: the longest free extent has 5 blocks")]
    [TestCase("agf 0", "btreeblks 90", "AGF of group 0 at 0x200: the trees have 90 blocks")]
    [TestCase("agf 0", "rmapblocks 90", "AGF of group 0 at 0x200: rmapbt has 90 blocks")]
    [TestCase("agf 0", "refcntblocks 90", "AGF of group 0 at 0x200: refcountbt has 90 blocks")]
    [TestCase("agf 0", "flcount 2", "AGF of group 0 at 0x200: 2 blocks of its free list")]
    [TestCase("agf 0", "bnolevel 3", "bnobt block [0-9]+ of group 0 at 0x[0-9A-F]+: its level is 0")]
    [TestCase("agf 1", "seqno 0", "AGF of group 1 at 0x1000200: it is of group 0")]
    [TestCase("agf 1", "length 5", "AGF of group 1 at 0x1000200: the group has 5 blocks there")]
    [TestCase("agf 0; addr bnoroot", "leftsib 5", "bnobt block [0-9]+ of group 0 at 0x[0-9A-F]+: its left neighbour is 5")]
    [TestCase("agf 0; addr bnoroot", "owner 1", "bnobt block [0-9]+ of group 0 at 0x[0-9A-F]+: it is of group 1")]
    [TestCase("agf 0; addr bnoroot", "recs[5].blockcount 2", "cntbt of group 0 at 0x[0-9A-F]+: it has other extents than bnobt")]
    [TestCase("agf 0; addr bnoroot", "recs[5].blockcount 2", "blocks at 0x[0-9A-F]+: 1 blocks are of free space and inode [0-9]+")]
    [TestCase("agf 0; addr bnoroot", "recs[6].startblock 1", "bnobt of group 0 at 0x[0-9A-F]+: extents of it begin at 1 and end at")]
    [TestCase("agf 0; addr cntroot", "recs[5].startblock 1", "cntbt of group 0 at 0x[0-9A-F]+: an extent of 1 blocks follows on one of 1")]
    [TestCase("agfl 0", "bno[9] 900", "blocks at 0x384000: 1 blocks are of .+ and the trees of free space")]
    [TestCase("agfl 0", "bno[9] 900", "blocks at 0x[0-9A-F]+: 1 blocks are neither free nor anybody's")]
    [TestCase("agf 0; addr rmaproot; addr ptrs[1]", "recs[20].owner 150", "rmapbt: of the [0-9]+ blocks from 0x0 on rmapbt has other owners")]
    [TestCase("agf 0; addr refcntroot", "recs[1].refcount 5", "refcountbt: of the [0-9]+ blocks from 0x0 on refcountbt counts other references")]
    [TestCase("agf 0; addr refcntroot", "recs[1].refcount 1", "refcountbt of group 0 at 0x[0-9A-F]+: extent [0-9]+ has 1 references")]
    [TestCase("agf 0; addr refcntroot", "recs[1].blockcount 20", "blocks at 0x[0-9A-F]+: 20 blocks are of inode .+, and refcountbt has not that they are shared")]
    [TestCase("agi 0", "count 5", "AGI of group 0 at 0x400: the group has 5 inodes there")]
    [TestCase("agi 0", "freecount 5", "AGI of group 0 at 0x400: 5 inodes are free there")]
    [TestCase("agi 0", "unlinked[3] 131", "AGI of group 0 at 0x400: list 3 of unlinked inodes has inode 131, which has 3 links")]
    [TestCase("agi 0; addr root", "recs[1].freecount 3", "inobt of group 0 at 0x[0-9A-F]+: chunk 128: it counts 3 free inodes, and has 0")]
    [TestCase("agi 0; addr root", "recs[1].free 1; write -d recs[1].freecount 1", "inode 128 at 0x10000: it is in use, and inobt has it as free")]
    [TestCase("agi 0; addr free_root", "numrecs 0", "finobt of group 0 at 0x[0-9A-F]+: it has not the chunks with free inodes")]
    [TestCase("path /lines", "u3.bmx[0].startblock 818", "blocks at 0x[0-9A-F]+: [0-9]+ blocks are of inode 131 and inode")]
    [TestCase("path /tiny", "core.nlinkv2 7", "inode 132: it has 7 links, and 301 names lead to it")]
    [TestCase("path /tiny", "core.mode 010644; write -d core.format 0", "inode 132: it is of type 5, and a name that leads to it says 1")]
    [TestCase("path /d5", "u3.sfdir3.hdr.parent.i4 131", "inode [0-9]+: its '..' leads to inode 131, and its name is in inode 128")]
    [TestCase("path /d400; dblock 0", "du[1].inumber 131", "inode [0-9]+: its '..' leads to inode 131, and its name is in inode 128")]
    [TestCase("path /d400; dblock 0", "du[2].inumber 131", "inode 131: it has 3 links, and 4 names lead to it")]
    [TestCase("path /d400; dblock 0", "du[3].filetype 2", "inode [0-9]+: it is of type 1, and a name that leads to it says 2")]
    [TestCase("path /d400; dblock 0", "dhdr.bestfree[0].length 32", "directory of inode [0-9]+ at 0x[0-9A-F]+: its longest free piece has 32 bytes there")]
    [TestCase("path /d400; dblock 8388609", "lents[3].hashval 5", "(directory leaf|directory of inode [0-9]+) at 0x[0-9A-F]+: .*hash")]
    [TestCase("path /d400; dblock 8388609", "lents[3].address 5", "directory of inode [0-9]+ at 0x[0-9A-F]+: its hashes are not those of its names")]
    [TestCase("path /d400; dblock 16777216", "fbests[0] 100", "directory of inode [0-9]+ at 0x[0-9A-F]+: its index of free space is not what its blocks have")]
    [TestCase("path /leaf; ablock 0", "entries[3].hashval 0x29e6b87b", "attributes of inode [0-9]+ at 0x[0-9A-F]+: the hash of attribute 3 is not that of its name")]
    [TestCase("path /node; ablock 0", "btree[0].before 3", "block [0-9]+ of the hashes of inode [0-9]+ at 0x[0-9A-F]+: its left neighbour is [0-9]+, and should be 0")]
    [CancelAfter(Limit)]
    public void What_xfs_db_damages_is_found(string place, string damage, string finding)
    {
        using var folder = new TestFolder();
        string image = folder["x.img"];
        Damage(image, place, damage);
        Assert.That(Check(image), Has.Some.Match($"^{finding}"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_damaged_is_told_in_a_line_each()
    {
        using var folder = new TestFolder();
        string image = folder["x.img"];
        Damage(image, "agf 0", "freeblks 5");
        ToolResult said = ImageFsProgram.Run("verify", image);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        string[] lines = said.Text.TrimEnd('\n').Split('\n');
        Assert.That(lines[..^1], Is.EqualTo(Check(image)).And.Not.Empty);
        Assert.That(lines[^1], Does.Contain("damaged"));
    }

    [TestCase("xfs/small", "extents of two files (files share blocks here on purpose)")]
    [TestCase("xfs/block1k", "extents of two files (files share blocks here on purpose)")]
    [TestCase("xfs/v4", "metadata checksums (the file system has none)")]
    [CancelAfter(Limit)]
    public void What_xfs_repair_finds_good_is_sound(string name, string notChecked)
    {
        string image = TestImages.Get(name);
        Assert.That(Tool.Run("xfs_repair", "-n", "-o", "force_geometry", image).ExitCode, Is.Zero);
        ToolResult said = ImageFsProgram.Run("verify", image);
        Assert.That(said.ExitCode, Is.EqualTo(Sound), said.Text);
        Assert.That(said.Text, Does.EndWith($"; not checked: {notChecked}\n"));
    }

    private static void Damage(string image, string place, string damage)
    {
        Need.Program("xfs_db", "xfsprogs");
        Tool.Run("cp", "--sparse=always", TestImages.Get("xfs/small"), image).Succeeded();
        string[] commands = [.. place.Split("; "), .. $"write -d {damage}".Split("; ")];
        ToolResult done = Tool.Run("xfs_db", ["-x", .. commands.SelectMany(command => new[] { "-c", command }), image]);
        Assert.That(Tool.Run("cmp", "-s", image, TestImages.Get("xfs/small")).ExitCode, Is.EqualTo(1), $"nothing is damaged: {done.Text}{done.Error}");
    }

    // As the program does it, which need not be started for each.
    private static List<string> Check(string image)
    {
        using var device = FileDevice.Open(image);
        var findings = new List<string>();
        foreach (Check check in new XfsFormat().Open(device, OpenContext.Of(string.Empty)).Checks.Structures)
        {
            var run = new CheckRun(finding => findings.Add($"{finding}"), _ => { });
            run.Try(() => check.Run?.Invoke(run));
        }

        return findings;
    }
}
