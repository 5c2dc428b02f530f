using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Session;

namespace ImageFs.Tests.Fuse.Session;

/// <summary>Who is followed: one thread that asks for little, again and again.</summary>
public sealed class ReaderAffinityTests
{
    private const int Enough = 40;

    [Test]
    public void One_thread_that_asks_for_little_is_followed() => Assert.That(Processors(asked => Ask(asked, Self(), Enough)), Is.EqualTo(1));

    [Test]
    public void A_few_requests_are_not_enough() => Assert.That(Processors(asked => Ask(asked, Self(), 10)), Is.EqualTo(All()));

    [Test]
    public void Threads_that_take_turns_are_not_followed() => Assert.That(
        Processors(asked =>
        {
            for (int i = 0; i < Enough; i++)
            {
                Ask(asked, Self(), 1);
                Ask(asked, 1, 1);
            }
        }),
        Is.EqualTo(All()));

    [Test]
    public void Large_reads_set_it_free() => Assert.That(
        Processors(asked =>
        {
            Ask(asked, Self(), Enough);
            Ask(asked, Self(), 1, size: 128 * 1024);
        }),
        Is.EqualTo(All()));

    [Test]
    public void Another_thread_sets_it_free() => Assert.That(
        Processors(asked =>
        {
            Ask(asked, Self(), Enough);
            Ask(asked, 1, 1);
        }),
        Is.EqualTo(All()));

    [TestCase(0u)]
    [TestCase(uint.MaxValue)]
    public void Who_cannot_be_seen_is_not_followed(uint thread) => Assert.That(Processors(asked => Ask(asked, thread, Enough)), Is.EqualTo(All()));

    [Test]
    public void Requests_that_are_none_are_nobodys()
    {
        var affinity = new ReaderAffinity();
        Assert.That(() => affinity.Note([1, 2, 3]), Throws.Nothing);
    }

    // How many processors a worker may run on in the end.
    private static int Processors(Action<ReaderAffinity> requests)
    {
        int count = 0;
        var thread = new Thread(() =>
        {
            requests(new ReaderAffinity());
            count = All();
        });
        thread.Start();
        thread.Join();
        return count;
    }

    // Those of the calling thread.
    private static int All()
    {
        string mask = File.ReadLines("/proc/thread-self/status").Single(line => line.StartsWith("Cpus_allowed:", StringComparison.Ordinal));
        return mask.Split('\t')[1].Where(char.IsAsciiHexDigit).Sum(digit => int.PopCount(Convert.ToInt32($"{digit}", 16)));
    }

    private static uint Self() => (uint)Environment.ProcessId;

    private static void Ask(ReaderAffinity asked, uint thread, int times, uint size = 4096)
    {
        byte[] message = FakeTransport.Request(FuseOpcode.Read, 5, new FuseReadIn { Size = size });
        FuseInHeader header = MemoryMarshal.Read<FuseInHeader>(message);
        header.Pid = thread;
        MemoryMarshal.Write(message.AsSpan(0, Unsafe.SizeOf<FuseInHeader>()), in header);
        for (int i = 0; i < times; i++)
        {
            asked.Note(message);
        }
    }
}
