using ImageFs.Storage;
using ImageFs.Storage.Caching;

namespace ImageFs.Tests.Storage.Caching;

/// <summary>What is kept in a file: no more than was given, and never other bytes than were stored.</summary>
public sealed class CacheFileTests
{
    private const int Chunk = 64 << 10;

    [Test]
    public void Bytes_are_there_where_they_were_stored()
    {
        using CacheFile file = new CacheFolder("/tmp").Make(10_000_000);
        Assert.That(file.Store(70_000, Bytes(70_000, 5_000)), Is.True);
        Assert.That((file.LengthFrom(69_999, 10), file.LengthFrom(70_000, 99_999), file.LengthFrom(74_999, 10), file.LengthFrom(75_000, 10)), Is.EqualTo((0L, 5_000L, 1L, 0L)));
        Assert.That((file.MissingFrom(0, 99_999), file.MissingFrom(70_000, 1), file.MissingFrom(75_000, 99_999)), Is.EqualTo((70_000L, 0L, 99_999L)));
        Assert.That(Read(file, 71_000, 9_999), Is.EqualTo(Bytes(71_000, 4_000)));
    }

    [Test]
    public void Runs_that_meet_are_one()
    {
        using CacheFile file = new CacheFolder("/tmp").Make(10_000_000);
        foreach ((int start, int end) in ((int, int)[])[(100, 200), (300, 400), (150, 320), (400, Chunk), (Chunk, Chunk + 5)])
        {
            file.Store(start, Bytes(start, end - start));
        }

        Assert.That((file.LengthFrom(100, Chunk), file.Contains(100, Chunk + 5 - 100), file.Contains(99, 2)), Is.EqualTo((Chunk + 5L - 100, true, false)));
        Assert.That(Read(file, 100, 2 * Chunk), Is.EqualTo(Bytes(100, Chunk + 5 - 100)));
    }

    [Test]
    public void A_chunk_with_too_many_runs_forgets_one_and_makes_none_up()
    {
        using CacheFile file = new CacheFolder("/tmp").Make(10_000_000);
        for (int i = 0; i < 30; i++)
        {
            file.Store(i * 2000, Bytes(i * 2000, 1000 + i));
        }

        int kept = Enumerable.Range(0, 30).Count(i => file.Contains(i * 2000, 1000 + i));
        Assert.That(kept, Is.EqualTo(4));
        for (int i = 0; i < 60_000; i += 500)
        {
            byte[] read = Read(file, i, 500);
            Assert.That(read, Is.EqualTo(Bytes(i, read.Length)), $"{i}");
        }
    }

    [Test]
    public void What_was_not_used_for_long_makes_room()
    {
        var folder = new CacheFolder("/tmp", 4 * Chunk);
        using CacheFile file = folder.Make(100 * Chunk);
        for (int i = 0; i < 20; i++)
        {
            Assert.That(file.Store(i * Chunk, Bytes(i * Chunk, Chunk)), Is.True, $"{i}");
            Assert.That(Read(file, 0, Chunk), Has.Length.EqualTo(i < 4 ? Chunk : Read(file, 0, Chunk).Length));
        }

        Assert.That(folder.Counts, Has.Property("Kept").LessThanOrEqualTo(4L * Chunk).And.Property("Dropped").GreaterThanOrEqualTo(16L * Chunk));
        for (int i = 0; i < 20; i++)
        {
            byte[] read = Read(file, i * Chunk, Chunk);
            Assert.That(read, read.Length == 0 ? Is.Empty : Is.EqualTo(Bytes(i * Chunk, Chunk)), $"{i}");
        }
    }

    [Test]
    public void What_is_leased_stays_until_it_is_let_go()
    {
        var folder = new CacheFolder("/tmp", 3 * Chunk);
        using CacheFile file = folder.Make(100 * Chunk);
        file.Store(Chunk / 2, Bytes(Chunk / 2, Chunk));
        Assert.That(file.TryLease(Chunk / 2, Chunk, out FileLease lease), Is.True);
        Assert.That((lease.Length, lease.Address), Is.EqualTo(((long)Chunk, Chunk / 2L)));
        for (int i = 5; i < 50; i++)
        {
            file.Store(i * Chunk, Bytes(i * Chunk, Chunk));
        }

        byte[] read = new byte[Chunk];
        lease.Read(read);
        Assert.That(read, Is.EqualTo(Bytes(Chunk / 2, Chunk)));
        lease.Dispose();
        for (int i = 50; i < 60; i++)
        {
            file.Store(i * Chunk, Bytes(i * Chunk, Chunk));
        }

        Assert.That(file.LengthFrom(Chunk / 2, 1), Is.Zero);
    }

    [Test]
    public void What_finds_no_room_is_not_kept()
    {
        var folder = new CacheFolder("/tmp", Chunk);
        using CacheFile file = folder.Make(100 * Chunk);
        file.Store(0, Bytes(0, Chunk));
        Assert.That(file.TryLease(0, 1, out FileLease lease), Is.True);
        using (lease)
        {
            Assert.That(file.Store(Chunk, Bytes(Chunk, Chunk)), Is.False);
            Assert.That(file.LengthFrom(Chunk, 1), Is.Zero);
        }

        Assert.That(file.Store(0, Bytes(0, 3 * Chunk)), Is.True, "a part makes room for the next");
    }

    [Test]
    public void Files_share_what_is_given()
    {
        var folder = new CacheFolder("/tmp", 4 * Chunk);
        using CacheFile first = folder.Make(100 * Chunk);
        CacheFile second = folder.Make(100 * Chunk);
        for (int i = 0; i < 8; i++)
        {
            first.Store(i * Chunk, Bytes(i * Chunk, Chunk));
            second.Store(i * Chunk, Bytes(i * Chunk, Chunk));
        }

        Assert.That(folder.Counts.Kept, Is.EqualTo(4L * Chunk));
        second.Dispose();
        Assert.That(folder.Counts.Kept, Is.EqualTo(Enumerable.Range(0, 8).Sum(i => first.LengthFrom(i * Chunk, Chunk))));
    }

    [Test]
    public void A_lease_outlives_its_file()
    {
        var folder = new CacheFolder("/tmp");
        CacheFile file = folder.Make(Chunk);
        file.Store(0, Bytes(0, Chunk));
        Assert.That(file.TryLease(0, 1, out FileLease lease), Is.True);
        file.Dispose();
        Assert.That(lease.Dispose, Throws.Nothing);
        Assert.That(folder.Counts.Kept, Is.Zero);
    }

    [Test]
    public void Many_threads_never_see_anything_but_what_was_stored()
    {
        const int Chunks = 40;
        var folder = new CacheFolder("/tmp", 6 * Chunk);
        using CacheFile file = folder.Make(Chunks * Chunk);
        int wrong = 0;
        long read = 0;
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            byte[] buffer = new byte[3 * Chunk];
            for (int i = 0; i < 2000; i++)
            {
                int offset = random.Next((Chunks * Chunk) - buffer.Length);
                int length = random.Next(1, buffer.Length);
                if (i % 3 == 0)
                {
                    file.Store(offset, Bytes(offset, length));
                }
                else if (file.Read(offset, buffer.AsSpan(0, length)) is > 0 and var count)
                {
                    Interlocked.Add(ref read, count);
                    if (!buffer.AsSpan(0, count).SequenceEqual(Bytes(offset, count)))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            }
        });

        Assert.That(wrong, Is.Zero);
        Assert.That(read, Is.GreaterThan(1 << 20));
        Assert.That(folder.Counts, Has.Property("Dropped").GreaterThan(0L).And.Property("Kept").LessThanOrEqualTo(6L * Chunk));
    }

    [Test]
    public void A_folder_is_made_and_another_place_is_told_where_none_can_be()
    {
        string place = Directory.CreateTempSubdirectory("imagefs-cache-").FullName;
        try
        {
            using CacheFile file = new CacheFolder($"{place}/a/b").Make(Chunk);
            Assert.That(File.GetUnixFileMode($"{place}/a/b"), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
            Assert.That(Directory.EnumerateFileSystemEntries($"{place}/a/b"), Is.Empty, "it has no name");
            Assert.That(
                () => new CacheFolder("/proc/none").Make(Chunk), Throws.TypeOf<ImageFs.Linux.LinuxException>().With.Message.Contains("/proc/none").And.Message.Contains("cache-dir=DIR"));
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    [TestCase("cache-limit=1M", 1L << 20)]
    [TestCase("cache-limit=3G,cache-dir=/tmp", 3L << 30)]
    [TestCase("", CacheFolder.UsualBytes)]
    public void Options_say_where_and_how_much(string list, long bytes)
    {
        var options = OptionList.Parse(list);
        Assert.That(CacheFolder.Take(options).MaxBytes, Is.EqualTo(bytes));
        Assert.That(options.Names, Is.Empty);
    }

    [TestCase("cache-limit=1")]
    [TestCase("cache-limit=much")]
    [TestCase("cache-dir")]
    public void Options_that_say_neither_are_errors(string list) =>
        Assert.That(() => CacheFolder.Take(OptionList.Parse(list)), Throws.TypeOf<OptionException>());

    // Never zeros, which a hole has.
    internal static byte[] Bytes(long offset, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)(((offset + i) % 251) + 1);
        }

        return bytes;
    }

    private static byte[] Read(CacheFile file, long offset, int length)
    {
        byte[] buffer = new byte[length];
        return buffer[..file.Read(offset, buffer)];
    }
}
