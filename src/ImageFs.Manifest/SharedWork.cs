using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>
/// Jobs that all processors do, in the order in which they were added: threads of its own, begun when there is enough for them, and whoever waits
/// for one.
/// </summary>
internal sealed class SharedWork : IDisposable
{
    private readonly Queue<Job> _jobs = [];
    private readonly List<Thread> _threads = [];
    private readonly int _maxThreads = Environment.ProcessorCount - 1;
    private bool _isOver;

    /// <summary>Adds a job.</summary>
    /// <param name="work">What is to be done. It may add jobs, and waits for none.</param>
    public Job Add(Action work)
    {
        var job = new Job(work);
        lock (_jobs)
        {
            _jobs.Enqueue(job);
            if (_jobs.Count > _threads.Count + 1 && _threads.Count < _maxThreads && HelperThread.TryStart(Run, "shared work") is { } thread)
            {
                _threads.Add(thread);
            }

            Monitor.PulseAll(_jobs);
        }

        return job;
    }

    /// <summary>Waits until a job is done, and does others meanwhile. It throws what the job threw.</summary>
    public void Wait(Job job)
    {
        while (TryTake(job, out Job? next))
        {
            Do(next);
        }

        job.Failure?.Throw();
    }

    /// <summary>Ends the threads; jobs that are not begun are left.</summary>
    public void Dispose()
    {
        lock (_jobs)
        {
            _isOver = true;
            Monitor.PulseAll(_jobs);
        }

        _threads.ForEach(thread => thread.Join());
    }

    private void Run()
    {
        while (TryTake(null, out Job? job))
        {
            Do(job);
        }
    }

    // False when the awaited job is done, or all is over.
    private bool TryTake(Job? awaited, [NotNullWhen(true)] out Job? job)
    {
        lock (_jobs)
        {
            job = null;
            while (!_isOver && awaited is not { IsDone: true } && !_jobs.TryDequeue(out job))
            {
                Monitor.Wait(_jobs);
            }

            return job is not null;
        }
    }

    private void Do(Job job)
    {
        job.Do();
        lock (_jobs)
        {
            job.IsDone = true;
            Monitor.PulseAll(_jobs);
        }
    }

    /// <summary>Something to be done.</summary>
    internal sealed class Job(Action work)
    {
        /// <summary>What it threw; null when it went well.</summary>
        public ExceptionDispatchInfo? Failure { get; private set; }

        /// <summary>Whether it is done. The lock is held.</summary>
        public bool IsDone { get; set; }

        /// <summary>Does it.</summary>
        public void Do()
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                Failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}
