using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Files that an image names are lent nobody who may not read them by himself.</summary>
[BuiltToo]
internal sealed class NamedFileTests
{
    // A folder as /tmp is one, with an image that only root may read; what $user makes in it names that.
    private const string Folder =
        """
        mkdir -m 1777 /mnt/lib; cd /mnt/lib
        mkdir -m 700 private; cp /mnt/image private/readable.img; chmod 644 private/readable.img
        cp /mnt/image secret.img; chmod 600 secret.img
        cp /mnt/image public.img; chmod 644 public.img
        size=$(stat -c %s /mnt/image)
        name() { $user qemu-img create -q -u -f qcow2 -b "$2" -F raw "$1" "$size" || exit 3; }
        opens() { "$IMAGEFS" ls "$@" >/dev/null 2>>/mnt/said && echo "yes $1" || echo "no $1"; }

        """;

    [Test]
    public void The_owner_of_an_image_must_be_able_to_read_what_it_names()
    {
        Need.Program("setfacl", "acl");
        string script = Folder +
            """
            name evil.qcow2 secret.img; name link.qcow2 to-secret.img; $user ln -s secret.img to-secret.img; name deep.qcow2 private/readable.img
            name fine.qcow2 public.img
            cp secret.img own.img; chown 65534 own.img; name own.qcow2 own.img
            cp secret.img listed.img; setfacl -m u:65534:r listed.img || exit 3; name listed.qcow2 listed.img
            cp secret.img kept.img; chmod 644 kept.img; setfacl -m u:65534:- kept.img || exit 3; name kept.qcow2 kept.img
            qemu-img create -q -u -f qcow2 -b secret.img -F raw roots.qcow2 "$size"; chmod 644 roots.qcow2
            qemu-img create -q -u -f qcow2 -b roots.qcow2 -F qcow2 /mnt/lib/two.qcow2 "$size"; chown 65534 two.qcow2
            printf '# Disk DescriptorFile\nRW %s FLAT "secret.img" 0\n' $((size / 512)) | $user tee flat.vmdk >/dev/null
            for image in *.qcow2 flat.vmdk; do opens $image; done
            opens evil.qcow2 -o backing=any
            cat /mnt/said
            """;
        string said = AsUser.Run(script).Succeeded().Text;

        Assert.Multiple(() =>
        {
            string[] lines = said.Split('\n');
            Assert.That(lines.Where(line => line.StartsWith("yes ", StringComparison.Ordinal)), Is.EquivalentTo(
                (string[])["yes fine.qcow2", "yes own.qcow2", "yes listed.qcow2", "yes roots.qcow2", "yes evil.qcow2"]), "evil.qcow2 by backing=any");
            Assert.That(lines.Where(line => line.StartsWith("no ", StringComparison.Ordinal)), Is.EquivalentTo(
                (string[])["no evil.qcow2", "no link.qcow2", "no deep.qcow2", "no kept.qcow2", "no two.qcow2", "no flat.vmdk"]));
            Assert.That(said, Does.Contain("backing file \"secret.img\" cannot be read by user 65534, whose file evil.qcow2 is: backing=any allows it"));
        });
    }

    [Test]
    public void A_folder_of_images_lends_nobody_roots_rights()
    {
        string script = Folder +
            """
            name evil.qcow2 secret.img; name fine.qcow2 public.img
            mkdir /mnt/m; "$IMAGEFS" mount --tree -o allow_other /mnt/lib /mnt/m
            timeout 300 $user ls /mnt/m/fine.qcow2 >/dev/null && echo fine
            timeout 300 $user ls /mnt/m/evil.qcow2 2>/dev/null && echo EVIL
            timeout 300 $user ls /mnt/m/secret.img 2>/dev/null && echo SECRET
            timeout 300 umount /mnt/m
            """;
        Assert.That(AsUser.Run(script).Succeeded().Text.Trim(), Is.EqualTo("fine"));
    }

    [Test]
    public void A_user_lends_no_rights_to_another()
    {
        string script = Folder +
            """
            other() { $stranger qemu-img create -q -u -f qcow2 -b "$2" -F raw "$1" "$size" || exit 3; chmod 644 "$1"; }
            cp secret.img users.img; chown 65534 users.img
            $user mkdir -m 700 home; cp public.img home/users.img
            other evil.qcow2 users.img; other deep.qcow2 home/users.img; other fine.qcow2 public.img
            cp secret.img own.img; chown 65533:65534 own.img; chmod 640 own.img; other own.qcow2 own.img
            for image in *.qcow2; do $user "$IMAGEFS" ls $image >/dev/null 2>&1 && echo $image; done
            true
            """;
        Assert.That(AsUser.Run(script).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo((string[])["fine.qcow2", "own.qcow2"]));
    }
}
