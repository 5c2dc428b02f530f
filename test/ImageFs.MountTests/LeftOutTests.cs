using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Disks of which not everything can be shown, or on which older file systems have stayed behind: what every command says of it.</summary>
internal sealed class LeftOutTests
{
    private const string Line = "2-root (ubi, 8 MiB) is left out: a UBI image";

    private static readonly string[] s_readers = ["ls IMAGE", "tree IMAGE", "cat IMAGE hello", "extract -C OUT IMAGE"];

    [Test]
    public void A_volume_that_is_not_read_is_told_by_every_command([ValueSource(nameof(s_readers))] string command)
    {
        using var folder = new TestFolder();
        string disk = MakeDisk(folder);
        string[] words = [.. command.Split(' ').Select(word => word.Replace("IMAGE", disk, StringComparison.Ordinal).Replace("OUT", folder["out"], StringComparison.Ordinal))];
        Assert.That(ImageFsProgram.Run(words).Succeeded().Error, Does.Contain(Line));
        ToolResult strict = ImageFsProgram.Run([.. words, "--strict"]);
        Assert.That((strict.ExitCode, strict.Text), Is.EqualTo((32, string.Empty)), strict.Error);
        Assert.That(strict.Error, Does.Contain(Line).And.Contain("not supported: a disk with 1 volume that cannot be shown"));
    }

    [Test]
    public void A_volume_that_is_not_read_is_told_by_a_mount()
    {
        using var folder = new TestFolder();
        string disk = MakeDisk(folder);
        using (ImageMount mount = ImageMount.Mount(disk))
        {
            Assert.That(File.Exists(mount["hello"]));
        }

        (ToolResult said, bool mounted) = ImageMount.TryMount(disk, "left-out=error");
        Assert.That((said.ExitCode, mounted), Is.EqualTo((32, false)), said.Error);
        Assert.That(said.Error, Does.Contain(Line));
    }

    [Test]
    public void A_volume_that_is_chosen_and_not_read_is_named()
    {
        using var folder = new TestFolder();
        ToolResult said = ImageFsProgram.Run("ls", "-o", "part=2", MakeDisk(folder));
        Assert.That((said.ExitCode, said.Error.Contains("part=2: a UBI image", StringComparison.Ordinal)), Is.EqualTo((32, true)), said.Error);
    }

    [Test]
    public void A_bad_udf_beside_a_good_iso_names_the_option_that_reads_it()
    {
        using var folder = new TestFolder();
        string image = folder["bridge.iso"];
        Tool.Shell("cp \"$1\" \"$2\" && dd if=/dev/zero of=\"$2\" bs=2048 seek=257 count=1 conv=notrunc status=none", TestImages.Get("udf/bridge"), image).Succeeded();
        ToolResult listed = ImageFsProgram.Run("ls", image);
        Assert.That((listed.ExitCode, listed.Error.Contains("-o fs=iso9660", StringComparison.Ordinal)), Is.EqualTo((32, true)), listed.Error);
        Assert.That(ImageFsProgram.Run("info", image).Succeeded().Text, Does.Contain("-o fs=iso9660"));
        Assert.That(ImageFsProgram.Run("verify", image).Text, Does.Contain("damaged").And.Contain("-o fs=iso9660"));
        ImageFsProgram.Run("ls", "-o", "fs=iso9660", image).Succeeded();
    }

    [Test]
    public void A_file_system_from_before_the_partitions_is_never_sound()
    {
        using var folder = new TestFolder();
        string disk = MakeDisk(folder, TestImages.Get("sample"));
        ToolResult listed = ImageFsProgram.Run("ls", disk).Succeeded();
        Assert.That(listed.Text, Is.EqualTo("hello\n"));
        Assert.That(listed.Error, Does.Contain("-o fs=iso9660 shows the other"));
        Assert.That(ImageFsProgram.Run("info", disk).Succeeded().Text, Does.Contain("option               fs=iso9660"));
        ToolResult verified = ImageFsProgram.Run("verify", "-o", "fs=iso9660", disk);
        Assert.That((verified.ExitCode, verified.Text.Contains("left from before", StringComparison.Ordinal)), Is.EqualTo((1, true)), verified.Text);
    }

    // A GPT with FAT and what begins as UBI does, perhaps on a disk that was something else before.
    private static string MakeDisk(TestFolder folder, string before = "/dev/null")
    {
        const string Script = """
            set -e
            cp "$2" "$1" 2>/dev/null || : >"$1"
            truncate -s 16M "$1"
            printf 'label: gpt\nstart=2048,size=8192\nstart=12288,size=16384,name=root\n' | sfdisk -q --wipe never --wipe-partitions never "$1"
            truncate -s 4M "$1.fat"; mkfs.fat "$1.fat" >/dev/null; echo hi >"$1.txt"; mcopy -i "$1.fat" "$1.txt" ::hello
            dd if="$1.fat" of="$1" bs=1M seek=1 conv=notrunc status=none
            printf 'UBI#' | dd of="$1" bs=1M seek=6 conv=notrunc status=none
            """;
        string disk = folder["disk.img"];
        Tool.Shell(Script, disk, before).Succeeded();
        return disk;
    }
}
