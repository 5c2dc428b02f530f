using System.Buffers.Binary;
using System.Text;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.BitLocker;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.BitLocker;

/// <summary>Volumes as BitLocker writes them, against what was encrypted and against what dislocker reads of them.</summary>
internal sealed class BitLockerTests
{
    private const int Length = 2 << 20;

    private DiskFolder _folder = null!;
    private byte[] _plain = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new DiskFolder();
        _plain = _folder.WriteSource(Length);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Sectors_are_what_was_encrypted_whatever_the_method([Range(0x8000, 0x8005)] int method, [Values(512, 4096)] int sectorSize)
    {
        var image = new BitLockerImage { Method = method, SectorSize = sectorSize };
        WriteStartupKey(image);
        AssertOpens(image);
        AssertDislockerAgrees("-f", "key.bek");
    }

    [Test]
    public void A_password_opens_a_volume()
    {
        BitLockerImage image = new BitLockerImage().WithRecoveryPassword().WithPassword();
        Write(image);
        AssertOpens(image, Key($"{BitLockerImage.Password}\r\n"));
        AssertOpens(image, Key(BitLockerImage.Password));
        AssertDislockerAgrees($"-u{BitLockerImage.Password}");
        _folder.Run("cryptsetup", ["open", "--type", "bitlk", "--test-passphrase", "--key-file", "key", "disk"]);
        Assert.That(() => Read(Key("another")), Throws.TypeOf<LockedVolumeException>().With.Property("IsRejected").True.And.Message.Contains("TESTER"));
    }

    [TestCase("Paßwort – Ωμέγα 文字")]
    [TestCase("a 🐎 in a password")]
    public void A_password_may_have_any_characters(string password)
    {
        "NTFS    "u8.CopyTo(_plain.AsSpan(3));
        BinaryPrimitives.WriteUInt16LittleEndian(_plain.AsSpan(11), 512);
        BinaryPrimitives.WriteInt64LittleEndian(_plain.AsSpan(40), (Length / 512) - 1);
        BitLockerImage image = new BitLockerImage().WithPassword(password);
        Write(image);
        AssertOpens(image, Key(password));

        // cryptsetup 2.6 and dislocker 0.7.3 take ASCII alone. libbde takes what the locale has, and wants a file system.
        _folder.Run("env", ["LC_ALL=C.UTF-8", "bdeinfo", "-p", password, "disk"]);
    }

    [TestCase(BitLockerImage.RecoveryPassword)]
    [TestCase("000011 000022 000033 000044 000055 000066 000077 720885\n")]
    [TestCase("000011000022000033000044000055000066000077720885")]
    [TestCase("BitLocker Drive Encryption recovery key\r\n\r\nIdentifier:\r\n\r\n\t1F9DA098-0CC4-464D-A101-188E70F434A6\r\n\r\nRecovery Key:\r\n\r\n\t000011-000022-000033-000044-000055-000066-000077-720885\r\n")]
    public void A_recovery_password_opens_a_volume_however_it_is_written(string text)
    {
        BitLockerImage image = new BitLockerImage().WithTpm().WithRecoveryPassword();
        Write(image);
        File.WriteAllText(_folder["key"], text, text.Contains("Identifier", StringComparison.Ordinal) ? Encoding.Unicode : new UTF8Encoding(false));
        AssertOpens(image, "key");
        if (text == BitLockerImage.RecoveryPassword)
        {
            AssertDislockerAgrees($"-p{text}");
            _folder.Run("cryptsetup", ["open", "--type", "bitlk", "--test-passphrase", "--key-file", "key", "disk"]);
        }
    }

    [TestCase("000011-000022-000034-000044-000055-000066-000077-720885", "Group 3 of the recovery password is mistyped")]
    [TestCase("000011-000022-000033-000044-000055-000066-000077-720896", "Group 8 of the recovery password is mistyped")]
    [TestCase("000022-000022-000033-000044-000055-000066-000077-720885", "does not open it")]
    [TestCase("12345", "This volume has no password: it needs its recovery password (ID ")]
    public void A_recovery_password_that_is_wrong_is_told_by_its_group(string text, string message)
    {
        Write(new BitLockerImage().WithRecoveryPassword());
        Assert.That(() => Read(Key(text)), Throws.TypeOf<LockedVolumeException>().With.Message.Contains(message).And.Message.Not.Contains("000033"));
    }

    [Test]
    public void A_startup_key_of_another_volume_is_told_by_its_identifier()
    {
        byte[] other = new BitLockerImage().AddStartupKey();
        WriteStartupKey(new BitLockerImage());
        File.WriteAllBytes(_folder["key.bek"], other);
        Assert.That(() => Read("key.bek"), Throws.TypeOf<LockedVolumeException>().With.Message.Contains(new Guid(other.AsSpan(16, 16)).ToString().ToUpperInvariant()));
        File.WriteAllBytes(_folder["key.bek"], other[..^1]);
        Assert.That(() => Read("key.bek"), Throws.TypeOf<LockedVolumeException>(), "it is cut short");
    }

    [Test]
    public void Without_a_key_that_can_be_typed_a_volume_is_refused_by_the_name_of_what_it_needs()
    {
        Write(new BitLockerImage().WithTpm());
        Assert.That(() => Read(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("needs the TPM of its machine"));
        Write(new BitLockerImage());
        Assert.That(() => Read(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("no protector"));
    }

    [Test]
    public void Where_protection_is_suspended_nobody_is_asked()
    {
        BitLockerImage image = new BitLockerImage { Method = 0x8002 }.WithPassword().WithClearKey();
        Write(image);
        AssertOpens(image);
        AssertDislockerAgrees("-c");
    }

    [Test]
    public void A_volume_of_Windows_Vista_has_its_first_sectors_and_their_copy_as_those_of_NTFS([Values] bool saysItsSize)
    {
        MakeBootSector();
        var image = new BitLockerImage { IsVista = true, Method = 0x8001, EncryptedSize = saysItsSize ? Length : null };
        WriteStartupKey(image);
        AssertOpens(image, "key.bek");
        if (saysItsSize)
        {
            // dislocker leaves the field of the MFT's copy as it is, where libbde and dissect.fve put back what the metadata have. Debian's version
            // takes the last sector for an encrypted one; later ones do not.
            byte[] theirs = Decrypt("-f", "key.bek");
            BitConverter.GetBytes(77L).CopyTo(theirs, 56);
            Assert.That(Read("key.bek").AsSpan().CommonPrefixLength(theirs), Is.EqualTo(Length - 512), "dislocker's bytes");
        }
    }

    [Test]
    public void A_removable_drive_has_its_own_first_sectors_elsewhere()
    {
        var image = new BitLockerImage { IsToGo = true, Method = 0x8002 };
        WriteStartupKey(image);
        AssertOpens(image, "key.bek");
        AssertDislockerAgrees("-f", "key.bek");
    }

    [TestCase(Length / 2 + 4096)]
    [TestCase(4096)]
    [TestCase(Length - 512)]
    public void What_is_not_encrypted_yet_is_read_as_it_is(int encrypted)
    {
        var image = new BitLockerImage { State = 5, EncryptedSize = encrypted };
        WriteStartupKey(image);
        AssertOpens(image, "key.bek");
        AssertDislockerAgrees("-f", "key.bek");
    }

    [Test]
    public void A_volume_that_is_decrypted_needs_no_key()
    {
        var image = new BitLockerImage { State = 1, EncryptedSize = 0 };
        Write(image);
        AssertOpens(image);
    }

    [Test]
    public void What_was_at_work_when_the_image_was_copied_is_an_error_and_the_rest_is_read()
    {
        const int Start = Length / 2 + (256 << 10);
        var image = new BitLockerImage { State = 2, EncryptedSize = Start, ConvertedSize = 65536 };
        WriteStartupKey(image);
        BlockSource source = Open("key.bek");
        byte[] expected = image.Expected(_plain);
        foreach ((int start, int end) in new[] { (0, Start), (Start + 65536, Length) })
        {
            byte[] read = new byte[end - start];
            source.ReadAt(start, read);
            Assert.That(read.AsSpan().SequenceEqual(expected.AsSpan(start, read.Length)), Is.True, $"from {start}");
        }

        Assert.That(() => source.ReadAt(Start + 65535, new byte[1]), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("being encrypted"));
        Assert.That(() => source.ReadAt(0, new byte[Length]), Throws.TypeOf<UnsupportedFeatureException>());
    }

    [Test]
    public void Parts_that_are_encrypted_on_writing_are_told_by_the_newer_record([Values(512, 4096)] int sectorSize)
    {
        var image = new BitLockerImage { SectorSize = sectorSize, Parts = part => part % 5 is 0 or 1 || part is > 20 and < 40 };
        WriteStartupKey(image);
        AssertOpens(image, "key.bek");
    }

    [TestCase(0, "does not begin with its mark")]
    [TestCase(37, "checksum")]
    public void A_map_of_encrypted_parts_that_is_damaged_is_an_error(int place, string message)
    {
        WriteStartupKey(new BitLockerImage { Parts = part => part % 2 == 0 });
        int parts = (Length / 4) + BitLockerImage.AreaSize + BitLockerImage.UsualMovedLength;
        Change(bytes => bytes[parts + place] ^= 1);
        AssertReadable("the other copy is used");
        Change(bytes => bytes[parts + 4096 + place] ^= 1);
        Assert.That(() => Read("key.bek"), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void One_copy_of_the_metadata_is_enough(int good)
    {
        var image = new BitLockerImage();
        WriteStartupKey(image);
        for (int i = 0; i < 3; i++)
        {
            int area = BitLockerImage.Areas(Length)[i];
            Change(bytes => bytes[area + (i == good ? 4000 : 200)] ^= 1);
        }

        AssertOpens(image, "key.bek");
        Assert.That(_folder.Warnings, Has.Count.EqualTo(good == 0 ? 0 : 1).And.All.Contains("checksum"));
        Change(bytes => bytes[BitLockerImage.Areas(Length)[good] + 100] ^= 1);
        Assert.That(() => Read("key.bek"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("checksum"));
    }

    [Test]
    public void Metadata_that_somebody_has_changed_are_told()
    {
        WriteStartupKey(new BitLockerImage());
        foreach (int area in BitLockerImage.Areas(Length))
        {
            Change(bytes =>
            {
                int size = BitConverter.ToUInt16(bytes, area + 8) << 4;
                bytes[area + 64 + 40] ^= 1;
                System.IO.Hashing.Crc32.Hash(bytes.AsSpan(area, size)).CopyTo(bytes, area + size + 4);
            });
        }

        _ = Read("key.bek");
        Assert.That(_folder.Warnings, Has.One.Contains("somebody has changed them"));
    }

    [Test]
    public void It_says_who_may_open_it()
    {
        Write(new BitLockerImage { Method = 0x8001 }.WithTpm().WithRecoveryPassword());
        using var stack = ImageStack.Open(_folder["disk"], new OpenContext());
        string text = string.Join('\n', stack.OpenDisk(VolumeChoice.None).Root.Set!.Describe()!.Facts.Select(fact => $"{fact.Key}: {fact.Value}"));
        Assert.That(text, Does.Contain("aes-cbc-elephant, key of 256 bits").And.Contain("protector-1: TPM, ID ").And.Contain("protector-2: recovery password, ID ").And.Contain("TESTER C: 1/2/2026"));
    }

    [Test]
    public void Metadata_that_were_changed_at_random_are_errors_of_a_known_kind([Values] bool isVista)
    {
        MakeBootSector();
        var image = new BitLockerImage { IsVista = isVista };
        byte[] key = image.AddStartupKey();
        byte[] good = image.Write(_plain);
        int first = BitLockerImage.Areas(Length)[0];
        int size = BitConverter.ToUInt16(good, first + 8) << (isVista ? 0 : 4);
        var random = new Random(5);
        var tally = new MutantTally();
        for (int i = 0; i < 400; i++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int change = random.Next(1, 3); change > 0; change--)
            {
                bytes[first + random.Next(size)] = (byte)random.Next(256);
            }

            System.IO.Hashing.Crc32.Hash(bytes.AsSpan(first, size)).CopyTo(bytes, first + size + 4);
            tally.Next();
            try
            {
                var metadata = BitLockerMetadata.Read(new MemorySource(bytes), _ => { });
                tally.NoteOpened();
                using Linux.SecretMemory? found = new BitLockerKeys(metadata).Find(key, out _);
                if (found is not null)
                {
                    var volume = new BitLockerVolume(new MemorySource(bytes), metadata, found.Span);
                    volume.ReadAt(0, new byte[volume.Length]);
                    tally.NoteRead();
                }
            }
            catch (ImageException)
            {
            }
        }

        tally.AssertShares(opened: 80, read: 30);
    }

    // As NTFS has it: sectors and clusters, the length without the last sector, and the place of the MFT's copy. The last sector is a copy.
    private void MakeBootSector()
    {
        _plain.AsSpan(0, 512).Clear();
        ((ReadOnlySpan<byte>)[0xEB, 0x52, 0x90]).CopyTo(_plain);
        "NTFS    "u8.CopyTo(_plain.AsSpan(3));
        BitConverter.GetBytes((ushort)512).CopyTo(_plain, 11);
        _plain[13] = 8;
        BitConverter.GetBytes((Length / 512L) - 1).CopyTo(_plain, 40);
        BitConverter.GetBytes(4L).CopyTo(_plain, 48);
        BitConverter.GetBytes(77L).CopyTo(_plain, 56);
        _plain[510] = 0x55;
        _plain[511] = 0xAA;
        _plain.AsSpan(0, 512).CopyTo(_plain.AsSpan(Length - 512));
    }

    private void Write(BitLockerImage image) => File.WriteAllBytes(_folder["disk"], image.Write(_plain));

    private void WriteStartupKey(BitLockerImage image)
    {
        File.WriteAllBytes(_folder["key.bek"], image.AddStartupKey());
        Write(image);
    }

    private string Key(string text)
    {
        File.WriteAllText(_folder["key"], text);
        return "key";
    }

    private void Change(Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(_folder["disk"]);
        change(bytes);
        File.WriteAllBytes(_folder["disk"], bytes);
    }

    private BlockSource Open(string? key = null)
    {
        // The bytes outlive the file.
        var disk = new Disk(new MemorySource(File.ReadAllBytes(_folder["disk"])), null, context: OpenContext.Of(key is null ? string.Empty : $"key-file={_folder[key]}", _folder.Warnings.Add));
        disk.UnlockAll();
        Volume volume = disk.Volumes.Single();
        _folder.Warnings.AddRange(disk.Select(VolumeChoice.None).Warnings.Except(_folder.Warnings));
        return volume.Node!.Problem is { } problem ? throw problem : volume.Source;
    }

    private byte[] Read(string? key = null)
    {
        BlockSource source = Open(key);
        byte[] bytes = new byte[source.Length];
        source.ReadAt(0, bytes);
        return bytes;
    }

    private void AssertReadable(string why) => Assert.That(Read("key.bek"), Has.Length.EqualTo(Length), why);

    private void AssertOpens(BitLockerImage image, string? key = null)
    {
        byte[] read = Read(key ?? (File.Exists(_folder["key.bek"]) ? "key.bek" : null));
        Assert.That(read, Has.Length.EqualTo(Length));
        Assert.That(read.AsSpan().CommonPrefixLength(image.Expected(_plain)), Is.EqualTo(Length), "the bytes");
    }

    private void AssertDislockerAgrees(params string[] method)
    {
        byte[] theirs = Decrypt(method);
        byte[] read = Read(method[0] == "-f" ? "key.bek" : File.Exists(_folder["key"]) ? "key" : null);
        Assert.That(read.AsSpan(0, theirs.Length).CommonPrefixLength(theirs), Is.EqualTo(theirs.Length), "dislocker's bytes");
    }

    // dislocker writes a volume up to where it is encrypted.
    private byte[] Decrypt(params string[] method)
    {
        _folder.Run("dislocker-file", ["-q", "-V", "disk", .. method, "--", "decrypted"]);
        byte[] bytes = File.ReadAllBytes(_folder["decrypted"]);
        Assert.That(bytes, Has.Length.AtLeast(4096));
        return bytes;
    }
}
