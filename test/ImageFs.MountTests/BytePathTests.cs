using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Paths and names are bytes: here all of them hold some that are no UTF-8.</summary>
internal sealed class BytePathTests
{
    // A folder, an image, a mount point and a file, none of UTF-8; $1 is the program.
    private const string Prepare = """
        set -e
        export LC_ALL=C; imagefs=$1; cd "$2"; d=$'d\xe9'; i=$'i\xfe.img'; m=$'m\xff'; f=$'r\xe9adm\xe9'
        mkdir -p "$d/tree/$d" "$d/$m"; cd "$d"; echo hello > "tree/$d/$f"; ln -s "$d/$f" tree/link; ln -s "/$d" $'tree/l\xe8'
        mke2fs -q -t ext4 -d tree "$i" 2M >/dev/null

        """;

    [TestCase("cat", """ $imagefs cat "$i" "$d/$f" """, "hello")]
    [TestCase("cat by a link", """ $imagefs cat "$i" $'l\xe8'/"$f" """, "hello")]
    [TestCase("ls", """ $imagefs ls "$i" "$d" | od -An -tx1 """, " 72 e9 61 64 6d e9 0a")]
    [TestCase("extents", """ $imagefs extents "$i" "$d/$f" | head -n1 | cut -d: -f1 | od -An -tx1 """, " 64 e9 2f 72 e9 61 64 6d e9 0a")]
    [TestCase("extract", """ $imagefs extract "$i" "$d/$f" -C $'o\xe1'; cat $'o\xe1'/"$d/$f" """, "hello")]
    [TestCase("info", """ $imagefs info --json "$PWD/$i" | grep -o 'd..xe9/i..xfe.img' | sort -u """, @"d\\xe9/i\\xfe.img")]
    [TestCase("missing", """ $imagefs cat "$i" "$f" 2>&1 || true """, @"imagefs: r\xe9adm\xe9: open: No such file or directory")]
    [TestCase("a plain name in such a folder", """ cp "$i" plain; $imagefs cat plain "$d/$f" """, "hello")]
    [TestCase("backing file", """ cp "$i" $'b\xe9'; qemu-img create -q -u -f qcow2 -b $'b\xe9' -F raw top 2M; $imagefs cat top "$d/$f" """, "hello")]
    [TestCase("parts", """ split -b 1M -d -a 3 --numeric-suffixes=1 "$i" $'s\xe9.'; $imagefs cat $'s\xe9.001' "$d/$f" """, "hello")]
    [TestCase("inner image", """ mkdir in; cp "$i" in; mke2fs -q -t ext4 -d in $'o\xe9' 8M >/dev/null; $imagefs cat $'o\xe9'//"$i" "$d/$f" """, "hello")]
    [TestCase("completion", """ $imagefs __complete cat "$i" "$d/r" | tail -n1 | cut -f1 | od -An -tx1 """, " 64 e9 2f 72 e9 61 64 6d e9 0a")]
    [TestCase("mount", """ $imagefs "$i" "$m"; cat "$m/$d/$f"; $imagefs stats "$m" | grep -c 'm.xff'; ln -s "$m" $'n\xe9'; $imagefs umount $'n\xe9'; ls "$m" """, "hello\n1")]
    [TestCase("mount in the foreground", """ $imagefs mount -f --pid-file $'p\xe9' "$i" "$m" & while [ ! -s $'p\xe9' ]; do sleep 0.1; done; cat "$m/$d/$f"; $imagefs umount "$m"; wait; ls p* 2>&1 | grep -c cannot """, "hello\n1")]
    [TestCase("mount as mount(8) does", """ (exec -a mount.imagefs $imagefs "$PWD/$i" "$PWD/$m" -o ro); cat "$m/$d/$f"; $imagefs umount "$m" """, "hello")]
    [TestCase("a folder of images", """ mkdir $'t\xe9'; cp "$i" $'t\xe9'; $imagefs mount --tree $'t\xe9' "$m"; cat "$m/$i/$d/$f"; $imagefs umount "$m" """, "hello")]
    public void Bytes_go_through(string name, string script, string expected)
    {
        Need.Fuse();
        Need.Root();
        using var folder = new TestFolder();
        try
        {
            ToolResult result = Tool.Run("timeout", Limits.Script, "bash", "-c", Prepare + script, name, ImageFsProgram.Path, folder.Path).Succeeded();
            Assert.That(result.Text.TrimEnd('\n'), Is.EqualTo(expected.TrimEnd('\n')));
        }
        finally
        {
            Tool.CleanUp("bash", "-c", "cd \"$1\"/d*/ && (umount m* 2>/dev/null; cd .. && rm -rf d*)", "bash", folder.Path);
        }
    }
}
