using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>EROFS, as mkfs.erofs writes it, against Linux's own driver.</summary>
internal sealed class ErofsTests
{
    private const int Limit = Limits.Test;

    private TestFolder _folder = null!;

    private string Tree => _folder["tree"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        _folder.CreateDirectory("tree");
        Tool.Shell(
            """
            cd "$1" && mkdir -p d/deep/deeper empty many && echo text >d/a && head -c 300000 /dev/urandom >random && : >nothing && printf x >one
            seq -f 'line %010.0f of a text that compresses' 20000 >text && cat text random text >mixed && head -c 8193 text >short && chmod 4755 one
            truncate -s 3M sparse && printf abc | dd of=sparse bs=1 seek=2000000 conv=notrunc status=none && head -c 1000000 /dev/zero >zeros
            ln d/a hard && ln -s d/deep/../a link && ln -s "$(printf '%03000d' 7)" long-link && mknod c c 5 300 && mknod b b 8 70000 && mkfifo pipe
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            i=0; while [ $i -lt 500 ]; do echo $i >many/a-name-that-is-long-$i; i=$((i + 1)); done
            touch '!before-dot' ./-minus "$(printf 'not\377utf')" && chown 70000:80000 nothing && touch -d '2001-02-03 04:05:06.789' one
            setfattr -n user.a -v 1 one && setfattr -n trusted.t -v z one && setfattr -n security.s -v q one && setfattr -h -n trusted.l -v l link
            setfattr -n user.long.prefix.x -v "$(head -c 3000 /dev/zero | tr '\0' y)" mixed
            for i in 1 2 3 4 5; do setfattr -n user.shared -v same many/a-name-that-is-long-$i; done
            setfacl -m u:1000:r,g:7:rw one && setfacl -d -m u:1000:rx d
            """, Tree).Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [TestCase("", TestName = "Blocks_are_what_Linux_shows")]
    [TestCase("-Enoinline_data -x0 -Eforce-inode-extended", TestName = "Blocks_alone_are_what_Linux_shows")]
    [TestCase("--chunksize=4096 -x1", TestName = "Chunks_are_what_Linux_shows")]
    [TestCase("-zlz4", TestName = "Compact_indexes_are_what_Linux_shows")]
    [TestCase("-zlz4hc -Elegacy-compress -T0 --all-root -Eforce-inode-compact", TestName = "Full_indexes_and_compact_inodes_are_what_Linux_shows")]
    [TestCase("-zlz4hc -C65536", TestName = "Large_clusters_are_what_Linux_shows")]
    [TestCase("-zlz4hc -C65536 -Elegacy-compress,ztailpacking", TestName = "Clusters_behind_inodes_are_what_Linux_shows")]
    [CancelAfter(Limit)]
    public void The_tree_is_what_Linux_shows(string options)
    {
        string image = _folder[$"{TestContext.CurrentContext.Test.Name}.erofs"];
        Tool.Shell($"mkfs.erofs {options} \"$1\" \"$2\"", image, Tree).Succeeded();
        TreeListing expected = KernelTree.List(image, "erofs");
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().DifferencesFrom(expected, Facts.All), Is.Empty);
        Assert.That(File.ReadAllBytes(mount["mixed"]), Is.EqualTo(File.ReadAllBytes(_folder["tree/mixed"])));
    }
}
