using System.Globalization;
using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Where a thread runs and when, as /proc shows it.</summary>
public sealed class SchedulingTests
{
    [Test]
    public void A_thread_stays_on_the_processor_it_is_pinned_to() => OnAThread(() =>
    {
        string everywhere = Status("Cpus_allowed_list");
        var affinity = new Affinity();
        int processor = FirstOf(everywhere);
        Assert.That(affinity.Pin(processor), Is.True);
        Assert.That(Status("Cpus_allowed_list"), Is.EqualTo($"{processor}"));
        Assert.That(affinity.ProcessorOf(ThreadId()), Is.EqualTo(processor));
        affinity.Release();
        Assert.That(Status("Cpus_allowed_list"), Is.EqualTo(everywhere));
    });

    [TestCase(-1)]
    [TestCase(1023)]
    [TestCase(1024)]
    [TestCase(int.MaxValue)]
    public void A_processor_that_is_not_there_is_refused(int processor) => OnAThread(() =>
    {
        string everywhere = Status("Cpus_allowed_list");
        Assert.That(new Affinity().Pin(processor), Is.False);
        Assert.That(Status("Cpus_allowed_list"), Is.EqualTo(everywhere));
    });

    [Test]
    public void Where_a_thread_runs_that_has_ended_is_not_known() => OnAThread(() =>
        Assert.That(new Affinity().ProcessorOf(uint.MaxValue), Is.EqualTo(-1)));

    [Test]
    public void Asking_where_a_thread_runs_allocates_nothing() => OnAThread(() =>
    {
        var affinity = new Affinity();
        uint thread = ThreadId();
        Assert.That(affinity.ProcessorOf(thread), Is.Not.Negative);
        Assert.That(Allocations.Of(() => affinity.ProcessorOf(thread)), Is.Zero);
    });

    [Test]
    public void Who_may_leave_the_idle_policy_leaves_it() => OnAThread(() =>
    {
        if (!IdlePolicy.CanLeave)
        {
            Assert.That(Environment.IsPrivilegedProcess, Is.False, "root with its capabilities may");
            return;
        }

        Assert.That(Policy(), Is.Zero);
        Assert.That(IdlePolicy.Enter(), Is.True);
        Assert.That(Policy(), Is.EqualTo(5));
        Assert.That(IdlePolicy.Enter(), Is.False, "it is not under the usual policy");
        Assert.That(IdlePolicy.Leave(), Is.True);
        Assert.That(Policy(), Is.Zero);
    });

    // What is done to a thread is done to one of its own, that ends.
    private static void OnAThread(Action test)
    {
        Exception? caught = null;
        var thread = new Thread(() =>
        {
            try
            {
                test();
            }
            catch (Exception e)
            {
                caught = e;
            }
        });
        thread.Start();
        thread.Join();
        if (caught is not null)
        {
            throw new AssertionException(caught.ToString());
        }
    }

    private static string Status(string field) =>
        File.ReadLines("/proc/thread-self/status").Single(line => line.StartsWith($"{field}:", StringComparison.Ordinal)).Split('\t')[1];

    private static uint ThreadId() => uint.Parse(Status("Pid"), CultureInfo.InvariantCulture);

    // proc_pid_stat(5), field 41.
    private static int Policy()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[38], CultureInfo.InvariantCulture);
    }

    private static int FirstOf(string list) => int.Parse(list.Split(',', '-')[0], CultureInfo.InvariantCulture);
}
