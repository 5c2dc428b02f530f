using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm.Snapshot;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Snapshots with a store of exceptions, which are written here as the kernel writes them.</summary>
internal sealed class SnapshotTests
{
    private const int Chunk = 4096;
    private const int PerArea = Chunk / 16;
    private const int Chunks = 700;

    private byte[] _origin = null!;

    [SetUp]
    public void MakeOrigin() => new Random(1).NextBytes(_origin = new byte[Chunks * Chunk]);

    [Test]
    public void A_snapshot_is_its_origin_but_for_what_changed()
    {
        byte[] store = Store([.. Enumerable.Range(0, Chunks).Where(chunk => chunk % 5 is not 1).Reverse().Select(chunk => (long)chunk)]);
        Assert.That(store, Has.Length.GreaterThan(2 * PerArea * Chunk), "an area follows another");
        DiskAssert.Holds(Open(store), Expected(store));
    }

    [Test]
    public void Chunks_that_follow_one_another_in_both_places_are_one_extent()
    {
        Assert.That(
            DiskAssert.MapWhole(Open(Store([3, 4, 5, 9, 8]))),
            Is.EqualTo((Extent[])
            [
                Extent.Mapped(0, 3 * Chunk, 0), Extent.Mapped(3 * Chunk, 3 * Chunk, 2 * Chunk), Extent.Mapped(6 * Chunk, 2 * Chunk, 6 * Chunk),
                Extent.Mapped(8 * Chunk, Chunk, 6 * Chunk), Extent.Mapped(9 * Chunk, Chunk, 5 * Chunk), Extent.Mapped(10 * Chunk, (Chunks - 10) * Chunk, 10 * Chunk),
            ]));
    }

    [Test]
    public void A_run_is_longer_than_one_entry_of_the_map_has_room_for()
    {
        const int Many = 3000;
        var origin = new MemorySource(new byte[Many * 512]);
        byte[] store = new byte[(Many + 200) * 512];
        WriteHeader(store, sectors: 1);
        for (int i = 0; i < Many; i++)
        {
            WriteException(store, 512, i, i);
        }

        BlockSource snapshot = SnapshotStore.Open(origin, new MemorySource(store), Many * 512);
        Assert.That(snapshot.MapSize, Is.LessThan(200 * 16));
        for (int i = 0; i < Many; i++)
        {
            Assert.That(snapshot.Map(i * 512, 1, out _).Address, Is.EqualTo(PlaceOf(i, 32) * 512L));
        }
    }

    [Test]
    public void A_store_that_was_never_used_is_the_origin() => DiskAssert.Holds(Open(new byte[4 * Chunk]), _origin);

    [Test]
    public void A_snapshot_that_the_kernel_gave_up_is_refused_by_name()
    {
        byte[] store = Store([1]);
        store[4] = 0;
        AssertRefused<UnsupportedFeatureException>(store, "invalid: its store became full");
    }

    [Test]
    public void What_a_header_cannot_say_is_told()
    {
        AssertChanged<InvalidImageException>(0, 1, "SnAp");
        AssertChanged<UnsupportedFeatureException>(8, 2, "version 2");
        AssertChanged<InvalidImageException>(12, 0, "chunks have 0 sectors");
        AssertChanged<InvalidImageException>(12, 24, "chunks have 24 sectors");
        AssertChanged<InvalidImageException>(12, int.MinValue, "sectors");
    }

    [Test]
    public void An_exception_that_leads_out_of_the_store_or_into_an_area_is_told()
    {
        AssertException(0, 999, "of a store of");
        AssertException(0, long.MinValue, "of a store of");
        AssertException(0, 1, "cannot be in chunk 1");
        AssertException(long.MaxValue, 2, "cannot be in chunk 2");
        AssertException(-1, 2, "cannot be in chunk 2");
    }

    [Test]
    public void A_chunk_in_two_places_is_told() => AssertRefused<InvalidImageException>(Store([5, 6, 7, 6]), "chunk 6 is in two places");

    [Test]
    public void Areas_that_do_not_end_are_told()
    {
        byte[] store = Store([.. Enumerable.Range(0, PerArea).Select(chunk => (long)chunk)]);
        AssertRefused<InvalidImageException>(store[..((PerArea + 2) * Chunk)], "beyond the end of the store");
    }

    [Test]
    public void A_store_that_is_cut_short_is_told() =>
        Assert.That(() => SnapshotStore.Open(new MemorySource(_origin), new BlockSlice(new MemorySource(Store([1]).AsMemory(0, 100)), 0, 4 * Chunk), _origin.Length), Throws.TypeOf<TruncatedImageException>());

    [Test]
    public void Reading_takes_no_memory()
    {
        BlockSource snapshot = Open(Store([3, 9]));
        byte[] buffer = new byte[4 * Chunk];
        Assert.That(Allocations.Of(() => snapshot.ReadAt(Chunk, buffer)), Is.Zero);
    }

    [Test]
    public void Damage_at_random_is_an_error_or_harmless()
    {
        byte[] store = Store([.. Enumerable.Range(0, 300).Select(chunk => chunk * 2L)]);
        var random = new Random(5);
        var tally = new MutantTally();
        byte[] buffer = new byte[_origin.Length];
        for (int i = 0; i < 300; i++)
        {
            tally.Next();
            byte[] changed = [.. store];
            int place = random.Next(3) switch { 0 => random.Next(16), 1 => Chunk + random.Next(Chunk), _ => ((1 + PerArea + 1) * Chunk) + random.Next(800) };
            changed[place] = (byte)random.Next(256);
            try
            {
                BlockSource snapshot = Open(changed);
                tally.NoteOpened();
                snapshot.ReadAt(0, buffer);
                tally.NoteRead();
            }
            catch (ImageException)
            {
                // As it has to be.
            }
        }

        tally.AssertShares(20, 20);
    }

    private BlockSource Open(byte[] store) => SnapshotStore.Open(new MemorySource(_origin), new MemorySource(store), _origin.Length);

    private void AssertRefused<T>(byte[] store, string message)
        where T : ImageException => Assert.That(() => Open(store), Throws.TypeOf<T>().With.Message.Contains(message));

    private void AssertChanged<T>(int offset, int value, string message)
        where T : ImageException
    {
        byte[] store = Store([1]);
        BinaryPrimitives.WriteInt32LittleEndian(store.AsSpan(offset), value);
        AssertRefused<T>(store, message);
    }

    private void AssertException(long chunk, long place, string message)
    {
        byte[] store = Store([1]);
        BinaryPrimitives.WriteInt64LittleEndian(store.AsSpan(Chunk), chunk);
        BinaryPrimitives.WriteInt64LittleEndian(store.AsSpan(Chunk + 8), place);
        AssertRefused<InvalidImageException>(store, message);
    }

    // What the kernel makes of a store, read the simple way.
    private byte[] Expected(byte[] store)
    {
        byte[] expected = [.. _origin];
        for (int area = 1; ; area += PerArea + 1)
        {
            for (int i = 0; i < PerArea; i++)
            {
                int at = (area * Chunk) + (i * 16);
                long place = BinaryPrimitives.ReadInt64LittleEndian(store.AsSpan(at + 8));
                if (place == 0)
                {
                    return expected;
                }

                store.AsSpan((int)place * Chunk, Chunk).CopyTo(expected.AsSpan((int)BinaryPrimitives.ReadInt64LittleEndian(store.AsSpan(at)) * Chunk));
            }
        }
    }

    // Exceptions are written one by one: each chunk goes to the next free place, past the areas.
    private static byte[] Store(long[] chunks)
    {
        byte[] store = new byte[(chunks.Length + 3 + (2 * (chunks.Length / PerArea))) * Chunk];
        new Random(2).NextBytes(store.AsSpan(2 * Chunk));
        WriteHeader(store, Chunk / 512);
        for (int area = 0; area <= chunks.Length / PerArea; area++)
        {
            store.AsSpan((1 + (area * (PerArea + 1))) * Chunk, Chunk).Clear();
        }

        for (int i = 0; i < chunks.Length; i++)
        {
            WriteException(store, Chunk, i, chunks[i]);
        }

        return store;
    }

    private static void WriteHeader(byte[] store, int sectors)
    {
        "SnAp"u8.CopyTo(store);
        BinaryPrimitives.WriteInt32LittleEndian(store.AsSpan(4), 1);
        BinaryPrimitives.WriteInt32LittleEndian(store.AsSpan(8), 1);
        BinaryPrimitives.WriteInt32LittleEndian(store.AsSpan(12), sectors);
    }

    private static void WriteException(byte[] store, int chunkSize, int index, long chunk)
    {
        int perArea = chunkSize / 16;
        int at = ((1 + (index / perArea * (perArea + 1))) * chunkSize) + (index % perArea * 16);
        BinaryPrimitives.WriteInt64LittleEndian(store.AsSpan(at), chunk);
        BinaryPrimitives.WriteInt64LittleEndian(store.AsSpan(at + 8), PlaceOf(index, perArea));
    }

    private static int PlaceOf(int index, int perArea) => 2 + index + (index / perArea);
}
