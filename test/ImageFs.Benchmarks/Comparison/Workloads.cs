using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>
/// What is done with each mount. Unless it says otherwise the image is in the page cache, and nothing of the mount is: no name, no
/// attribute, no page.
/// </summary>
internal static class Workloads
{
    private const int Mounts = 5;
    private const int SmallFile = 1 << 20;
    private const int Page = 4096;
    private const int Buffer = 128 << 10;
    private const int LargeBuffer = 1 << 20;
    private const int TracedReads = 512;
    private const int LookUps = 100;
    private const int ManyLookUps = 1000;
    private const double MiB = 1 << 20;

    private static readonly FioJob s_sequential = new(Access.Buffered, Buffer);

    /// <summary>All, in the order in which they are run: the first to need fresh names come first.</summary>
    public static readonly IReadOnlyList<Workload> All =
    [
        new(TreeKind.Main, [Figures.Mount], MountAndUnmount),
        new(TreeKind.Main, [Figures.WalkCold, Figures.WalkRequests, Figures.WalkAgain, Figures.AgainRequests], Walk) { NeedsFreshMount = true },
        new(TreeKind.Main, [Figures.Small], ReadSmallFiles) { NeedsFreshMount = true },
        new(TreeKind.Main, [Figures.Sequential, Figures.SequentialCpu], s => Rate(s, s_sequential, Figures.Sequential, Figures.SequentialCpu)),
        new(TreeKind.Main, [Figures.TwoReaders], s => Rate(s, s_sequential with { Readers = 2 }, Figures.TwoReaders)),
        new(TreeKind.Main, [Figures.FourReaders], s => Rate(s, s_sequential with { Readers = 4 }, Figures.FourReaders)),
        new(TreeKind.Main, [Figures.Mapped, Figures.MappedCpu], s => Rate(s, new FioJob(Access.Mapped, Buffer), Figures.Mapped, Figures.MappedCpu)),
        new(TreeKind.Main, [Figures.Direct, Figures.DirectCpu], s => Rate(s, new FioJob(Access.Direct, LargeBuffer), Figures.Direct, Figures.DirectCpu)),
        new(TreeKind.Main, [Figures.Random, Figures.RandomCpu], s => Rate(s, AtRandom(Access.Buffered), Figures.Random, Figures.RandomCpu)),
        new(
            TreeKind.Main,
            [Figures.RandomDirect, Figures.RandomDirectCpu],
            s => Rate(s, AtRandom(Access.Direct), Figures.RandomDirect, Figures.RandomDirectCpu)),
        new(TreeKind.Main, [Figures.RandomDirectFour], s => Rate(s, AtRandom(Access.Direct) with { Readers = 4 }, Figures.RandomDirectFour)),
        new(TreeKind.Main, [Figures.Memory], Weigh),
        new(TreeKind.Main, [Figures.Calls], CountCalls),
        new(TreeKind.Main, [Figures.Cached, Figures.SequentialRequests], ReadOnce) { NeedsFreshMount = true },
        new(TreeKind.Main, [Figures.SequentialCold], ReadCold) { NeedsFreshMount = true },
        new(TreeKind.Main, [Figures.Extract], Extract),
        new(TreeKind.Files, [Figures.Find], s => s.Add(Figures.Find, Find(s))) { NeedsFreshMount = true },
        new(TreeKind.Text, [Figures.Compressed], s => Rate(s, s_sequential, Figures.Compressed)),
        new(TreeKind.Text, [Figures.CompressedTwo], s => Rate(s, s_sequential with { Readers = 2 }, Figures.CompressedTwo)),
        new(TreeKind.Text, [Figures.CompressedRandom], s => Rate(s, AtRandom(Access.Buffered), Figures.CompressedRandom)),
        new(TreeKind.Text, [Figures.CompressedRandomDirect], s => Rate(s, AtRandom(Access.Direct), Figures.CompressedRandomDirect)),
        new(TreeKind.Names, [Figures.LookupFew], s => LookUp(s, Figures.LookupFew, SourceTree.NameCounts[0], LookUps)) { NeedsFreshMount = true },
        new(TreeKind.Names, [Figures.LookupMany], s => LookUp(s, Figures.LookupMany, SourceTree.NameCounts[1], LookUps)) { NeedsFreshMount = true },
        new(TreeKind.Names, [Figures.LookupLong], s => LookUp(s, Figures.LookupLong, SourceTree.NameCounts[1], ManyLookUps)) { NeedsFreshMount = true },
    ];

    private static FioJob AtRandom(Access access) => new(access, Page) { IsRandom = true };

    private static void MountAndUnmount(Session session)
    {
        session.Add(Figures.Mount, session.Mount.Seconds * 1e3);
        for (int i = 1; i < Mounts; i++)
        {
            using var mount = new Mounting.PeerMount(session.Tools.Probe, session.Mount.Peer, session.Mount.Image, $"{session.Mount.Root}-{i}");
            session.Add(Figures.Mount, mount.Seconds * 1e3);
        }
    }

    private static void Walk(Session session)
    {
        long? before = session.Requests();
        session.Add(Figures.WalkCold, Find(session));
        long? between = session.Requests();
        session.Add(Figures.WalkAgain, Find(session));
        long? after = session.Requests();
        if (between is not null)
        {
            // The question itself is one.
            session.Add(Figures.WalkRequests, (double)(between - before - 1)!);
            session.Add(Figures.AgainRequests, (double)(after - between - 1)!);
        }
    }

    // Names per second of find(1), which asks for each name's attributes.
    private static double Find(Session session)
    {
        session.Tools.PageCache.WarmUp(session.Mount.Image);
        Probe.Time time = session.Tools.Probe.Measure("timeout", "60", "find", session.Mount.Root, "-printf", "%p %s %T@ %m %n\\n");
        return session.NameCount / time.Seconds;
    }

    // Into memory: how fast a disk takes them is not what is asked.
    private static void Extract(Session session)
    {
        string folder = Directory.CreateDirectory($"/dev/shm/imagefs-bench-{Environment.ProcessId}").FullName;
        try
        {
            session.Tools.PageCache.WarmUp(session.Mount.Image);
            if (session.Mount.Peer.ExtractCommand?.Invoke(session.Mount.Image, folder) is { } command)
            {
                session.Add(Figures.Extract, session.NameCount / session.Tools.Probe.Measure(["timeout", "120", .. command]).Seconds);
            }
        }
        finally
        {
            Command.Run("rm", "-rf", folder);
        }
    }

    private static void ReadSmallFiles(Session session)
    {
        session.Tools.PageCache.WarmUp(session.Mount.Image);
        Probe.Reading reading = session.Tools.Probe.ReadSmallFiles(session.Mount.Root, SmallFile);
        session.Add(Figures.Small, reading.Files / reading.Seconds);
    }

    private static void Rate(Session session, FioJob job, Figure rate, Figure? cpu = null)
    {
        if (job.Access == Access.Direct && !session.TakesDirect)
        {
            return;
        }

        FioResult result = session.ReadBigFile(job);
        session.Add(rate, job.IsRandom ? result.ReadsPerSecond : result.BytesPerSecond / 1e6);
        if (cpu is not null)
        {
            session.Add(cpu, result.CpuPerGigabyte);
        }
    }

    private static void ReadOnce(Session session)
    {
        Probe probe = session.Tools.Probe;
        session.Tools.PageCache.CoolDown(session.Mount.Image);
        double before = probe.CachedBytes(session.Mount.Image);
        long? requests = session.Requests();
        double held = probe.ReadAndHold(session.BigFile) - before;
        if (requests is not null)
        {
            session.Add(Figures.SequentialRequests, (double)(session.Requests() - requests - 1)! / (SourceTree.BigFileSize / MiB));
        }

        session.Add(Figures.Cached, (held + probe.CachedBytes(session.Mount.Image)) / SourceTree.BigFileSize);
    }

    private static void ReadCold(Session session)
    {
        session.Tools.PageCache.CoolDown(session.Mount.Image);
        FioResult result = session.Tools.Fio.Run(s_sequential with { Seconds = null }, session.BigFile, SourceTree.BigFileSize);
        session.Add(Figures.SequentialCold, result.BytesPerSecond / 1e6);
    }

    private static void Weigh(Session session)
    {
        if (session.Mount.Server is { } server)
        {
            session.Add(Figures.Memory, ServerMemory.Anonymous(server) / MiB);
        }
    }

    private static void CountCalls(Session session)
    {
        if (session.Mount.Server is { } server && session.TakesDirect)
        {
            string[] read = ["20", "dd", $"if={session.BigFile}", "of=/dev/null", $"bs={Buffer}", $"count={TracedReads}", "iflag=direct"];
            long calls = SystemCalls.Count(server, session.Tools.Folder, () => Command.Run("timeout", read));
            session.Add(Figures.Calls, (double)calls / TracedReads);
        }
    }

    private static void LookUp(Session session, Figure figure, int names, int count)
    {
        session.Tools.PageCache.WarmUp(session.Mount.Image);
        session.Add(figure, session.Tools.Probe.LookUp(session.Mount[$"{names}"], names, count) * 1e6);
    }
}
