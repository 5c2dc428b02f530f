namespace ImageFs.Linux;

/// <summary>The addresses that this process may use.</summary>
public static unsafe class AddressSpace
{
    // getrlimit(2), <bits/resource.h>.
    private const int RlimitAs = 9;

    /// <summary>True where a limit stands (RLIMIT_AS, ulimit -v): memory that is only reserved counts too, and may be refused.</summary>
    public static bool IsLimited
    {
        get
        {
            MoreLibc.ResourceLimit limit;
            return MoreLibc.getrlimit(RlimitAs, &limit) == 0 && limit.Soft != ulong.MaxValue;
        }
    }
}
