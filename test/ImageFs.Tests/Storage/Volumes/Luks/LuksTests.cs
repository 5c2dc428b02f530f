using System.Security.Cryptography;
using System.Text;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Luks;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.Luks;

/// <summary>Volumes that cryptsetup and qemu-img encrypt, against what they encrypted.</summary>
internal sealed class LuksTests
{
    private const int Length = 4 << 20;
    private const string Passphrase = "correct horse";
    private const string Small2 = "--luks2-metadata-size 16k --luks2-keyslots-size 1m --reduce-device-size 4M";
    private const string Cheap = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000";
    private const int MaxTries = 5;

    private DiskFolder _folder = null!;
    private byte[] _plain = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new DiskFolder();
        _plain = _folder.WriteSource(Length);
        File.WriteAllText(_folder["key"], Passphrase);
        File.WriteAllText(_folder["other"], "another one");
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("")]
    [TestCase("--sector-size 512")]
    [TestCase("--sector-size 1024")]
    [TestCase("--sector-size 2048")]
    [TestCase("--sector-size 4096")]
    [TestCase("-c aes-xts-plain64 -s 256")]
    [TestCase("-c aes-cbc-essiv:sha256 -s 256")]
    [TestCase("-c aes-cbc-plain64 -s 128 --sector-size 4096")]
    [TestCase("--hash sha1")]
    [TestCase("--hash sha512")]
    [TestCase("--hash ripemd160")]
    [TestCase("--hash whirlpool")]
    [TestCase("--label secret --subsystem disks")]
    public void A_volume_of_LUKS2_is_what_cryptsetup_encrypted(string options)
    {
        Encrypt($"{Cheap} {Small2} {options}");
        AssertOpens();
    }

    [TestCase("--pbkdf argon2id --pbkdf-force-iterations 4 --pbkdf-memory 1024 --pbkdf-parallel 2")]
    [TestCase("--pbkdf argon2i --pbkdf-force-iterations 5 --pbkdf-memory 128 --pbkdf-parallel 1")]
    public void Argon2_opens_a_key_slot(string options)
    {
        Encrypt($"{Small2} {options}");
        AssertOpens();
    }

    [TestCase("")]
    [TestCase("cipher-alg=aes-128")]
    [TestCase("cipher-alg=aes-256,cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256")]
    [TestCase("cipher-alg=aes-128,cipher-mode=cbc,ivgen-alg=plain64")]
    [TestCase("cipher-alg=aes-128,cipher-mode=xts,ivgen-alg=plain")]
    [TestCase("cipher-mode=ecb,ivgen-alg=plain")]
    [TestCase("hash-alg=sha1")]
    [TestCase("hash-alg=sha512")]
    [TestCase("hash-alg=ripemd160")]
    [TestCase("cipher-alg=cast5-128,cipher-mode=cbc,ivgen-alg=plain64")]
    public void A_volume_of_LUKS1_is_what_qemu_encrypted(string options)
    {
        MakeLuks1(options);
        AssertOpens();
    }

    [TestCase("cipher-alg=serpent-256", "serpent")]
    [TestCase("cipher-alg=twofish-256", "twofish")]
    public void A_cipher_that_libcrypto_lacks_is_named_before_anybody_is_asked(string options, string name)
    {
        MakeLuks1(options);
        Assert.That(() => Open(""), Throws.InstanceOf<ImageException>().With.Message.Contains(name).And.Message.Contains("cryptsetup"));
    }

    [Test]
    public void Every_key_slot_opens_and_those_that_were_removed_do_not([Values] bool isFirst)
    {
        if (isFirst)
        {
            MakeLuks1("");
        }
        else
        {
            Encrypt($"{Cheap} {Small2}");
        }

        Setup("luksAddKey --key-file key --pbkdf pbkdf2 --pbkdf-force-iterations 1000 disk other");
        AssertOpens();
        AssertOpens("key-file=other");
        Setup("luksKillSlot --key-file other disk 0");
        AssertOpens("key-file=other");
        Assert.That(() => Open("key-file=key"), Throws.TypeOf<LockedVolumeException>().With.Property("IsRejected").True);
    }

    [Test]
    public void A_slot_of_nothing_is_passed_over()
    {
        Encrypt($"{Cheap} {Small2}");
        Setup("luksAddKey --unbound -s 256 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 disk other");
        Setup("config disk --key-slot 1 --priority prefer");
        Assert.That(() => Open("key-file=other"), Throws.TypeOf<LockedVolumeException>());
        AssertOpens();
        Setup("config disk --key-slot 0 --priority ignore");
        Assert.That(() => Open("key-file=key"), Throws.TypeOf<LockedVolumeException>());
    }

    [Test]
    public void A_header_may_lie_apart()
    {
        Setup($"reencrypt --encrypt --type luks2 --key-file key {Cheap} --header header source.raw");
        File.Move(_folder[DiskFolder.Source], _folder["disk"]);
        AssertOpens("key-file=key", $"header={_folder["header"]}");
    }

    [TestCase(0)]
    [TestCase(16384)]
    public void One_of_the_two_headers_is_enough(int damaged)
    {
        Encrypt($"{Cheap} {Small2} --label twice");
        Change(bytes => bytes.AsSpan(damaged, 8192).Clear());
        AssertOpens();
        Change(bytes => bytes.AsSpan(16384 - damaged, 600).Clear());
        Assert.That(() => Open("key-file=key"), Throws.InvalidOperationException, "without a header there is no volume");
    }

    [TestCase("keyslots")]
    [TestCase("digests")]
    [TestCase("\"size\":\"dynamic\"")]
    [TestCase("aes-xts-plain64")]
    [TestCase("\"config\"")]
    public void Metadata_whose_checksums_are_wrong_are_damage(string text)
    {
        Encrypt($"{Cheap} {Small2}");
        Change(bytes =>
        {
            byte[] word = Encoding.ASCII.GetBytes(text);
            foreach (int start in (int[])[0, 16384])
            {
                bytes[start + bytes.AsSpan(start, 16384).IndexOf(word)] ^= 1;
            }
        });
        Assert.That(() => Open("key-file=key"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("checksum"));
    }

    [TestCase("\"time\":", "\"time\":9", "iterations")]
    [TestCase("\"sector_size\":512", "\"sector_size\":513", "sectors of 513 bytes")]
    [TestCase("\"stripes\":4000", "\"stripes\":4999", "key slot 0 has")]
    [TestCase("\"offset\":\"32768\"", "\"offset\":\"-2768\"", "missing, or of the wrong kind")]
    [TestCase("\"iterations\":1000", "\"iterations\":-100", "iterations")]
    [TestCase("\"type\":\"crypt\"", "\"type\":\"crypx\"", "segment of type")]
    [TestCase("{\"keyslots\"", "x\"keyslots\"", "no JSON")]
    [TestCase("\"digests\"", "\"digestz\"", "missing")]
    public void Metadata_that_cannot_be_is_named(string before, string after, string message)
    {
        Encrypt($"{Cheap} {Small2}");
        if (before == "\"time\":")
        {
            (before, after) = ("\"iterations\":1000", "\"iterations\":1000000000000");
        }

        int found = 0;
        Change(bytes =>
        {
            foreach (int start in (int[])[0, 16384])
            {
                Span<byte> copy = bytes.AsSpan(start, 16384);
                string json = Encoding.ASCII.GetString(copy[4096..]).TrimEnd('\0');
                found += json.Contains(before, StringComparison.Ordinal) ? 1 : 0;
                copy[4096..].Clear();
                Encoding.ASCII.GetBytes(json.Replace(before, after, StringComparison.Ordinal), copy[4096..]);
                Seal(copy);
            }
        });
        Assert.That(found, Is.EqualTo(2), before);
        Assert.That(() => Open("key-file=key"), Throws.InstanceOf<ImageException>().With.Message.Contains(message).IgnoreCase);
    }

    [TestCase("online-reencrypt-v2", "middle of a reencryption")]
    [TestCase("inline-hw-tags", "inline-hw-tags")]
    public void A_requirement_that_is_not_met_is_named(string requirement, string message)
    {
        Encrypt($"{Cheap} {Small2}");
        Change(bytes =>
        {
            foreach (int start in (int[])[0, 16384])
            {
                Span<byte> copy = bytes.AsSpan(start, 16384);
                string json = Encoding.ASCII.GetString(copy[4096..]).TrimEnd('\0');
                copy[4096..].Clear();
                Encoding.ASCII.GetBytes(json.Replace("\"config\":{", $"\"config\":{{\"requirements\":{{\"mandatory\":[\"{requirement}\"]}},", StringComparison.Ordinal), copy[4096..]);
                Seal(copy);
            }
        });
        Assert.That(() => Open("key-file=key"), Throws.InstanceOf<ImageException>().With.Message.Contains(message));
    }

    [Test]
    public void Headers_that_were_changed_at_random_are_errors_of_a_known_kind([Values] bool isFirst)
    {
        if (isFirst)
        {
            MakeLuks1("");
        }
        else
        {
            Encrypt($"{Cheap} {Small2}");
        }

        byte[] good = File.ReadAllBytes(_folder["disk"]);
        var random = new Random(7);
        var tally = new MutantTally();
        for (int i = 0; i < 150; i++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int change = random.Next(1, 3); change > 0; change--)
            {
                if (isFirst)
                {
                    // Iterations and stripes of 16 bits keep the time bounded that the test takes.
                    int place = random.Next(6, 592);
                    bytes[place] = place is 164 or 165 || (place >= 208 && (place - 208) % 48 is 4 or 5) ? (byte)0 : (byte)random.Next(256);
                }
                else
                {
                    int length = Array.IndexOf(bytes, (byte)0, 4096) - 4096;
                    int place = 4096 + random.Next(length);
                    bytes[place] = bytes[16384 + place] = (byte)random.Next(32, 127);
                }
            }

            if (!isFirst)
            {
                Seal(bytes.AsSpan(0, 16384));
                Seal(bytes.AsSpan(16384, 16384));
            }

            tally.Next();
            try
            {
                LuksHeader header = LuksHeader.Read(new MemorySource(bytes), _ => { });
                tally.NoteOpened();
                var context = OpenContext.Of($"key-file={_folder["key"]}");
                var set = new LuksSet(new LuksMember(new MemorySource(bytes), new MemorySource(bytes), header));
                BlockSource source = set.Open(set.Entries[0], context);
                source.ReadAt(0, new byte[Math.Min(5000, source.Length)]);
                tally.NoteRead();
            }
            catch (ImageException)
            {
            }
        }

        // Nearly all of LUKS1 are salts and numbers. Of the JSON of LUKS2 most letters are names and marks: another one is another thing, or no
        // JSON; what opens has it in a salt, in a digest or in a number, and what is read in those of no use to the key.
        tally.AssertShares(opened: isFirst ? 90 : 15, read: isFirst ? 50 : 2);
    }

    private void Encrypt(string options)
    {
        File.Copy(_folder[DiskFolder.Source], _folder["disk"]);
        using (FileStream disk = File.OpenWrite(_folder["disk"]))
        {
            disk.SetLength(Length + (4 << 20));
        }

        Setup($"reencrypt --encrypt --type luks2 --key-file key {options} disk");
    }

    // qemu-img measures how fast it derives a key, and gives up where the clock of its processor time did not move meanwhile.
    private void MakeLuks1(string options)
    {
        string made = $"key-secret=s,iter-time=10{(options.Length > 0 ? "," : "")}{options}";
        string[] words = ["convert", "--object", "secret,id=s,file=key", "-f", "raw", "-O", "luks", "-o", made, DiskFolder.Source, "disk"];
        (int Status, string Said) tried = (1, string.Empty);
        for (int i = 0; i < MaxTries && (i == 0 || tried.Said.Contains("accurate CPU usage", StringComparison.Ordinal)); i++)
        {
            tried = _folder.Try("qemu-img", words);
        }

        Assert.That(tried.Status, Is.Zero, tried.Said);
    }

    private void Setup(string arguments) => _folder.Run("cryptsetup", ["--batch-mode", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    private void Change(Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(_folder["disk"]);
        change(bytes);
        File.WriteAllBytes(_folder["disk"], bytes);
    }

    // LUKS2 2.1: the checksum of a header and its metadata, with the checksum itself as zeros.
    private static void Seal(Span<byte> copy)
    {
        copy.Slice(448, 64).Clear();
        SHA256.HashData(copy).CopyTo(copy[448..]);
    }

    private byte[] Open(string key, string options = "")
    {
        string list = string.Join(',', new[] { key.Replace("=", $"={_folder["."]}/", StringComparison.Ordinal), options }.Where(option => option.Length > 0));
        using var stack = ImageStack.Open(_folder["disk"], OpenContext.Of(list));
        Disk disk = stack.OpenDisk(VolumeChoice.None);
        disk.UnlockAll();
        Volume volume = disk.Volumes.Single();
        if (volume.Node!.Problem is { } problem)
        {
            throw problem;
        }

        byte[] bytes = new byte[volume.Source.Length];
        volume.Source.ReadAt(0, bytes);
        return bytes;
    }

    private void AssertOpens(string key = "key-file=key", string options = "")
    {
        byte[] read = Open(key, options);
        Assert.That(read.Length, Is.AtLeast(Length));
        Assert.That(read.AsSpan(0, Length).SequenceEqual(_plain), Is.True, "the bytes");
    }
}
