using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>A tree with what scripts stumble over, in a folder and in an image of ext4, for commands to be compared with the programs that users know.</summary>
internal sealed class ScriptTree : IDisposable
{
    private const string Script = """
        cd "$1"; mkdir -p t/etc/conf.d t/usr/bin; cd t; umask 022
        echo a >etc/a.conf; echo b >etc/.hidden; cp /bin/true usr/bin/tr; chmod 4755 usr/bin/tr; ln usr/bin/tr usr/bin/tr2; ln -s tr usr/bin/link; ln -s nowhere gone
        mkfifo p; truncate -s 5M hole; echo x | dd of=hole bs=1 seek=3000000 conv=notrunc status=none; truncate -s 70000 zeros
        setfattr -n user.note -v y etc/a.conf; : >empty; printf x >"$(printf 'n\\a\nb')"; printf y >"$(printf '\351t\351')"; printf z >"$(printf 'long%0200d' 1)"
        ln -s "$(printf '%0150d' 7)" far; { head -c 2999999 /dev/urandom; printf z; } >big
        mkdir 'a b' && echo c >'a b/c d.conf'; chmod 640 etc/.hidden
        if [ "$(id -u)" = 0 ]; then mknod null c 1 3; mknod disk b 259 300000; chown 3000000:5 empty; fi
        find . -exec touch -hd @1700000000 {} +; touch -d '2001-02-03 04:05:06.789 UTC' etc/a.conf; touch -d '1969-12-31 23:59:58 UTC' etc/conf.d
        cd ..; mke2fs -q -t ext4 -I 256 -O ^has_journal -E root_owner=0:0 -d t image 32M >/dev/null

        # mke2fs takes whole seconds alone.
        printf 'set_inode_field etc/a.conf mtime_extra 3156000000\n' | debugfs -wf - image >/dev/null 2>&1
        """;

    private readonly TestFolder _folder = new();

    public ScriptTree()
    {
        Tool.Run("bash", "-ec", Script, "bash", _folder.Path).Succeeded();
        Image = _folder["image"];
        Tree = _folder["t"];
        Tool.Run("mkdir", $"{Tree}/lost+found").Succeeded();
        Tool.Run("chmod", "700", $"{Tree}/lost+found").Succeeded();
    }

    /// <summary>The image.</summary>
    public string Image { get; }

    /// <summary>The folder that it was made of.</summary>
    public string Tree { get; }

    /// <summary>A further path beside them.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Runs a shell's words in the tree.</summary>
    public ToolResult InTree(string script) => Tool.Run("bash", "-c", $"cd \"$0\" && {script}", Tree).Succeeded();

    public void Dispose() => _folder.Dispose();
}
