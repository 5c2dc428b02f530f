using System.Buffers.Binary;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>What is made of a drive's answers (linux/cdrom.h).</summary>
internal sealed class OpticalDriveTests
{
    [Test]
    public void What_is_no_drive_has_no_sessions() => Assert.That(OpticalDrive.ReadSessions((_, _) => false), Is.Null);

    [Test]
    public void The_last_session_is_the_drives_word()
    {
        SessionTable table = Ask(last: 12_000, (1, true, 0), (2, false, 300), (3, true, 12_000))!;
        Assert.That(table.Starts, Is.EqualTo((long?[])[0, 12_000 * 2048L]));
        Assert.That(table.Default, Is.EqualTo(12_000 * 2048L));
    }

    [Test]
    public void Of_a_disc_of_one_session_the_first_data_track_counts()
    {
        SessionTable table = Ask(last: null, (1, true, 0), (2, true, 9000), (3, false, 12_000))!;
        Assert.That(table.Starts, Is.EqualTo((long?[])[0]));
    }

    [Test]
    public void The_data_behind_sound_is_where_the_drive_says()
    {
        SessionTable table = Ask(last: 200_000, (1, false, 0), (2, false, 9000), (3, true, 200_000))!;
        Assert.That(table.Default, Is.EqualTo(200_000 * 2048L));
    }

    [Test]
    public void A_disc_of_sound_has_none() => Assert.That(Ask(null, (1, false, 0), (2, false, 300)), Is.Null);

    private static SessionTable? Ask(int? last, params (byte Number, bool IsData, int Start)[] tracks) => OpticalDrive.ReadSessions((request, argument) =>
    {
        switch (request)
        {
            case 0x5305:
                Assert.That(argument.Length, Is.EqualTo(2), "struct cdrom_tochdr");
                argument[0] = tracks[0].Number;
                argument[1] = tracks[^1].Number;
                return true;
            case 0x5306:
                Assert.That(argument.Length, Is.EqualTo(12), "struct cdrom_tocentry");
                Assert.That(argument[2], Is.EqualTo(1), "CDROM_LBA");
                byte number = argument[0];
                (_, bool isData, int start) = tracks.Single(track => track.Number == number);
                argument[1] = (byte)(isData ? 0x41 : 0x01);
                BinaryPrimitives.WriteInt32LittleEndian(argument[4..], start);
                return true;
            case 0x5310:
                Assert.That(argument.Length, Is.EqualTo(8), "struct cdrom_multisession");
                Assert.That(argument[5], Is.EqualTo(1), "CDROM_LBA");
                BinaryPrimitives.WriteInt32LittleEndian(argument, last ?? 0);
                argument[4] = (byte)(last is null ? 0 : 1);
                return true;
            default:
                return false;
        }
    });
}
