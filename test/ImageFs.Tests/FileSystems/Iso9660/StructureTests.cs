using ImageFs.FileSystems.Iso9660;
using ImageFs.FileSystems.Iso9660.ElTorito;
using ImageFs.FileSystems.Iso9660.RockRidge;
using ImageFs.FileSystems.Iso9660.Zisofs;
using ImageFs.FileSystems.Times;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class StructureTests
{
    private static readonly byte[] s_sector = [.. Enumerable.Range(0, 2048).Select(i => unchecked((byte)i))];

    [Test]
    public void Volume_descriptor()
    {
        var descriptor = new VolumeDescriptor([2, .. "CD001"u8, 1]);
        Assert.That(descriptor.Type, Is.EqualTo(VolumeDescriptorType.Supplementary));
        Assert.That(descriptor.IsIso9660);
        Assert.That(descriptor.Version, Is.EqualTo(1));
        Assert.That(new VolumeDescriptor([2, .. "CD00I"u8, 1]).IsIso9660, Is.False);
        AssertTruncated(7, bytes => _ = new VolumeDescriptor(bytes));
    }

    [Test]
    public void Primary_volume_descriptor()
    {
        byte[] bytes = new byte[2048];
        IsoBytes.Both32(0x01020304).CopyTo(bytes, 80);
        IsoBytes.Both16(0x0506).CopyTo(bytes, 120);
        IsoBytes.Both16(0x0708).CopyTo(bytes, 124);
        IsoBytes.Both16(0x0800).CopyTo(bytes, 128);
        IsoBytes.Both32(0x090A0B0C).CopyTo(bytes, 132);
        new byte[] { 1, 2, 3, 4 }.CopyTo(bytes, 140);
        bytes[157] = 3;
        IsoBytes.Both32(0x0D0E0F10).CopyTo(bytes, 158);
        var volume = new PrimaryVolumeDescriptor(bytes);
        Assert.That(volume.VolumeSpaceSize, Is.EqualTo(0x01020304));
        Assert.That(volume.VolumeSetSize, Is.EqualTo(0x0506));
        Assert.That(volume.VolumeSequenceNumber, Is.EqualTo(0x0708));
        Assert.That(volume.LogicalBlockSize, Is.EqualTo(0x0800));
        Assert.That(volume.PathTableSize, Is.EqualTo(0x090A0B0C));
        Assert.That(volume.PathTableLocation, Is.EqualTo(0x04030201));
        Assert.That(volume.LocationOfRoot, Is.EqualTo(0x0D0E0F13));
        Assert.That(volume.FieldsAgree);
        foreach (int field in (int[])[84, 122, 126, 130, 136, 162])
        {
            byte[] changed = [.. bytes];
            changed[field] ^= 1;
            Assert.That(new PrimaryVolumeDescriptor(changed).FieldsAgree, Is.False, $"byte {field}");
        }

        volume = new PrimaryVolumeDescriptor(s_sector);
        (int Offset, int Length, byte[] Field)[] texts =
        [
            (8, 32, volume.SystemIdentifier.ToArray()),
            (40, 32, volume.VolumeIdentifier.ToArray()),
            (88, 32, volume.EscapeSequences.ToArray()),
            (190, 128, volume.VolumeSetIdentifier.ToArray()),
            (318, 128, volume.PublisherIdentifier.ToArray()),
            (446, 128, volume.DataPreparerIdentifier.ToArray()),
            (574, 128, volume.ApplicationIdentifier.ToArray()),
            (702, 37, volume.CopyrightFileIdentifier.ToArray()),
            (739, 37, volume.AbstractFileIdentifier.ToArray()),
            (776, 37, volume.BibliographicFileIdentifier.ToArray()),
            (813, 17, volume.CreationTime.ToArray()),
            (830, 17, volume.ModificationTime.ToArray()),
            (847, 17, volume.ExpirationTime.ToArray()),
            (864, 17, volume.EffectiveTime.ToArray()),
        ];
        foreach ((int offset, int length, byte[] field) in texts)
        {
            Assert.That(field, Is.EqualTo(s_sector.AsSpan(offset, length).ToArray()), $"field at {offset}");
        }

        AssertTruncated(2048, bytes => _ = new PrimaryVolumeDescriptor(bytes));
    }

    [Test]
    public void Boot_record_and_partition_descriptor()
    {
        Assert.That(new BootRecord(s_sector).BootCatalogLocation, Is.EqualTo(0x4A494847));
        Assert.That(new BootRecord(s_sector).BootSystemIdentifier.ToArray(), Is.EqualTo(s_sector.AsSpan(7, 32).ToArray()));
        var partition = new VolumePartitionDescriptor(s_sector);
        Assert.That(partition.VolumePartitionLocation, Is.EqualTo(0x4B4A4948));
        Assert.That(partition.VolumePartitionSize, Is.EqualTo(0x53525150));
        AssertTruncated(2048, bytes => _ = new BootRecord(bytes));
        AssertTruncated(2048, bytes => _ = new VolumePartitionDescriptor(bytes));
    }

    [Test]
    public void Directory_record()
    {
        byte[] bytes = IsoBytes.Record(
            "AB"u8.ToArray(), 0x01020304, 0x05060708, FileFlags.Hidden | FileFlags.MultiExtent, [IsoBytes.Re()], 3, 2, 7, 0x0102);
        var record = new DirectoryRecord(bytes);
        Assert.That(record.Length, Is.EqualTo(40));
        Assert.That(record.ExtendedAttributeRecordLength, Is.EqualTo(7));
        Assert.That(record.LocationOfExtent, Is.EqualTo(0x01020304));
        Assert.That(record.LocationOfData, Is.EqualTo(0x0102030B));
        Assert.That(record.DataLength, Is.EqualTo(0x05060708));
        Assert.That(record.RecordingTime.ToArray(), Is.EqualTo(IsoBytes.Time));
        Assert.That(record.Flags, Is.EqualTo(FileFlags.Hidden | FileFlags.MultiExtent));
        Assert.That(record.FileUnitSize, Is.EqualTo(3));
        Assert.That(record.InterleaveGapSize, Is.EqualTo(2));
        Assert.That(record.VolumeSequenceNumber, Is.EqualTo(0x0102));
        Assert.That(record.FileIdentifier.SequenceEqual("AB"u8));
        Assert.That(record.SystemUse.SequenceEqual(IsoBytes.Re()));
        Assert.That(record.FieldsAgree);
        foreach (int field in (int[])[6, 14, 30])
        {
            byte[] changed = [.. bytes];
            changed[field] ^= 1;
            Assert.That(new DirectoryRecord(changed).FieldsAgree, Is.False, $"byte {field}");
        }

        Assert.That(new DirectoryRecord(IsoBytes.Record([0], 1, 1)).IsSelf);
        Assert.That(new DirectoryRecord(IsoBytes.Record([1], 1, 1)).IsParent);
        AssertTruncated(bytes.Length, part => _ = new DirectoryRecord(part), bytes);
    }

    [Test]
    public void System_use_entries()
    {
        AssertEntry(IsoBytes.Px(1, 2, 3, 4), 36, entry =>
        {
            var px = new PosixFileAttributes(entry);
            Assert.That((px.Mode, px.Links, px.UserId, px.GroupId, px.SerialNumber), Is.EqualTo((1u, 2u, 3u, 4u, (uint?)null)));
        });
        AssertEntry(IsoBytes.Px(1, 2, 3, 4, 5), 36, entry => Assert.That(new PosixFileAttributes(entry).SerialNumber, Is.EqualTo(5)));
        AssertEntry(IsoBytes.Pn(0, 0x1234), 20, entry =>
            Assert.That(new PosixDeviceNumber(entry).Device, Is.EqualTo(new DeviceNumber(0x12, 0x34))));
        AssertEntry(IsoBytes.Pn(0x111FFF, 0x70), 20, entry =>
            Assert.That(new PosixDeviceNumber(entry).Device, Is.EqualTo(new DeviceNumber(4095, 0x70))));
        AssertEntry(IsoBytes.Nm("x", 1), 5, entry =>
        {
            var nm = new AlternateName(entry);
            Assert.That(nm.Flags, Is.EqualTo(AlternateNameFlags.Continue));
            Assert.That(nm.Content.Length, Is.LessThanOrEqualTo(1));
        });
        AssertEntry(IsoBytes.Cl(9), 12, entry => Assert.That(new RelocationLink(entry).Location, Is.EqualTo(9)));
        AssertEntry(IsoBytes.Sl(1, 8, 0), 5, entry => Assert.That(new SymbolicLink(entry).Continues));
        AssertEntry(IsoBytes.Entry("TF", [0x81, .. new byte[17]]), 5, entry =>
            Assert.That(new Timestamps(entry).Flags, Is.EqualTo(TimestampFlags.Creation | TimestampFlags.LongForm)));
        AssertEntry(IsoBytes.Entry("SF", [.. IsoBytes.Both32(1), .. IsoBytes.Both32(2), 3]), 21, entry =>
        {
            var sf = new SparseFile(entry);
            Assert.That((sf.VirtualFileSize, sf.TableDepth), Is.EqualTo(((1UL << 32) + 2, (byte)3)));
        });
        AssertEntry(IsoBytes.Ce(1, 2, 3), 28, entry =>
        {
            var ce = new ContinuationArea(entry);
            Assert.That((ce.Location, ce.Offset, ce.AreaLength), Is.EqualTo((1u, 2u, 3u)));
        });
        AssertEntry(IsoBytes.Sp(5), 7, entry =>
        {
            var sp = new SharingProtocolIndicator(entry);
            Assert.That((sp.IsValid, sp.BytesSkipped), Is.EqualTo((true, (byte)5)));
        });
        AssertEntry(IsoBytes.Er("AB"), 8, entry => Assert.That("AB"u8.StartsWith(new ExtensionsReference(entry).Identifier)));
        AssertEntry(IsoBytes.Zf(15, 77), 16, entry =>
            Assert.That(new ZisofsEntry(entry).Parameters, Is.EqualTo(new ZisofsParameters(('p' << 8) | 'z', 1, 16, 15, 77))));
        AssertEntry(IsoBytes.Zf2(17, 1UL << 40), 16, entry =>
            Assert.That(new ZisofsEntry(entry).Parameters, Is.EqualTo(new ZisofsParameters(('P' << 8) | 'Z', 2, 24, 17, 1UL << 40))));
    }

    [Test]
    public void Zisofs_headers()
    {
        byte[] v1 = [0x37, 0xE4, 0x53, 0x96, 0xC9, 0xDB, 0xD6, 0x07, 1, 2, 3, 4, 4, 15, 0, 0];
        var header = new ZisofsHeader(v1, 1);
        Assert.That((header.IsValid, header.Size, header.HeaderLength, header.BlockShift), Is.EqualTo((true, 0x04030201UL, 16, (byte)15)));
        byte[] v2 = [0xEF, 0x22, 0x55, 0xA1, 0xBC, 0x1B, 0x95, 0xA0, 0, 6, 1, 17, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0];
        header = new ZisofsHeader(v2, 2);
        Assert.That(
            (header.IsValid, header.Size, header.HeaderLength, header.BlockShift), Is.EqualTo((true, 0x0807060504030201UL, 24, (byte)17)));
        AssertTruncated(16, bytes => _ = new ZisofsHeader(bytes, 1));
        AssertTruncated(24, bytes => _ = new ZisofsHeader(bytes, 2));
    }

    [Test]
    public void Boot_catalog_entries()
    {
        byte[] bytes = [1, 0xEF, 0, 0, .. "MAKER"u8, .. new byte[19], 0, 0, 0x55, 0xAA];
        Assert.That(new ValidationEntry(bytes).IsValid);
        Assert.That(new ValidationEntry(bytes).IsChecksumRight, Is.False);
        Assert.That(new ValidationEntry(bytes).Platform, Is.EqualTo(BootPlatform.Efi));
        Assert.That(new ValidationEntry(bytes).Manufacturer.StartsWith("MAKER"u8));
        var entry = new BootEntry([0x88, 0x24, 1, 2, 3, 0, 4, 5, 6, 7, 8, 9, .. new byte[20]]);
        Assert.That(
            (entry.IsBootable, entry.Media, entry.IsContinued, entry.LoadSegment, entry.SystemType, entry.SectorCount, entry.LoadRba),
            Is.EqualTo((true, BootMedia.HardDisk, true, (ushort)0x0201, (byte)3, (ushort)0x0504, 0x09080706u)));
        var header = new SectionHeader([0x91, 2, 3, 0, .. "NAME"u8, .. new byte[24]]);
        Assert.That(
            (header.IsValid, header.IsLast, header.Platform, header.EntryCount),
            Is.EqualTo((true, true, BootPlatform.Macintosh, (ushort)3)));
        AssertTruncated(32, part => _ = new ValidationEntry(part));
        AssertTruncated(32, part => _ = new BootEntry(part));
        AssertTruncated(32, part => _ = new SectionHeader(part));
    }

    [TestCase(new byte[] { 70, 1, 1, 0, 0, 0, 0 }, 0)]
    [TestCase(new byte[] { 70, 1, 1, 0, 0, 0, 4 }, -3600)]
    [TestCase(new byte[] { 70, 1, 1, 0, 0, 0, 0xFC }, 3600)]
    [TestCase(new byte[] { 70, 1, 1, 0, 0, 0, 100 }, 0)]
    [TestCase(new byte[] { 100, 2, 29, 0, 0, 0, 0 }, 951782400)]
    [TestCase(new byte[] { 69, 12, 31, 23, 59, 59, 0 }, -1)]
    [TestCase(new byte[] { 255, 12, 31, 23, 59, 59, 0 }, 5869583999)]
    public void Recording_time(byte[] bytes, long seconds) => Assert.That(RecordingTime.Read(bytes), Is.EqualTo(new Timestamp(seconds)));

    [Test]
    public void Dates_are_those_of_the_calendar()
    {
        for (DateTime day = new(1900, 1, 1); day.Year < 2156; day = day.AddDays(13))
        {
            long expected = new DateTimeOffset(day, default).ToUnixTimeSeconds() + 3723;
            Assert.That(CivilTime.ToSeconds(day.Year, day.Month, day.Day, 1, 2, 3), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Volume_time()
    {
        byte[] bytes = [.. "1970010100000150"u8, 4];
        Assert.That(VolumeTime.Read(bytes), Is.EqualTo(new Timestamp(1 - 3600, 500_000_000)));
        Assert.That(VolumeTime.ReadWithZone(bytes), Is.EqualTo(new DateTimeOffset(1970, 1, 1, 0, 0, 1, 500, TimeSpan.FromHours(1))));
        Assert.That(VolumeTime.ToUuid(bytes), Is.EqualTo("1970-01-01-00-00-01-50"));
        Assert.That(VolumeTime.Read([.. "0000000000000000"u8, 0]), Is.Null);
        Assert.That(VolumeTime.Read([.. "197001010000 150"u8, 0]), Is.Null);
        Assert.That(VolumeTime.ToUuid(new byte[17]), Is.Null);
        Assert.That(VolumeTime.ReadWithZone([.. "0000000000000001"u8, 0]), Is.Null, "before the first day that can be shown");
        Assert.That(VolumeTime.ReadWithZone([.. "9999999999999999"u8, 0x80]), Is.Null, "behind the last");
    }

    private delegate void EntryAction(SystemUseEntry entry);

    private delegate void BytesAction(ReadOnlySpan<byte> bytes);

    private static void AssertTruncated(int length, BytesAction read, byte[]? bytes = null)
    {
        bytes ??= new byte[length];
        Assert.That(() => read(bytes), Throws.Nothing);
        for (int i = 0; i < length; i++)
        {
            Assert.That(() => read(bytes.AsSpan(0, i)), Throws.InstanceOf<ArgumentException>(), $"{i} bytes");
        }
    }

    private static void AssertEntry(byte[] bytes, int length, EntryAction read)
    {
        Assert.That(() => read(new SystemUseEntry(bytes, 0)), Throws.Nothing);
        for (int i = SystemUseEntry.HeaderLength; i < length; i++)
        {
            byte[] part = bytes[..i];
            Assert.That(() => read(new SystemUseEntry(part, 0)), Throws.TypeOf<InvalidImageException>(), $"{i} bytes");
        }
    }
}
